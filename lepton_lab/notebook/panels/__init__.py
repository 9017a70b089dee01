"""The panels: thin widgets over plain results. One Python file and one TypeScript file each."""

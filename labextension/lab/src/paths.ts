/** Ways between files, from the root of the server. */

export function folderOf(path: string): string {
  return path.split("/").slice(0, -1).join("/");
}

/** The way from a folder to a file, both from the server's root. */
export function relative(folder: string, path: string): string {
  const from = folder.split("/").filter(Boolean);
  const to = withoutDrive(path).split("/").filter(Boolean);
  const same = from.findIndex((part, i) => part !== to[i]);
  const shared = same < 0 ? from.length : same;
  return [...from.slice(shared).map(() => ".."), ...to.slice(shared)].join("/");
}

/** `RTC:a/b` is a/b on the server's disk. */
function withoutDrive(path: string): string {
  return path.replace(/^[A-Za-z]\w+:/, "");
}

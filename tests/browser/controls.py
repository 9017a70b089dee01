"""The controls of a part of a page: where the mouse can press, the keyboard must come by."""

CONTROLS = """el => [...el.querySelectorAll('button, select, input, textarea, a[href], summary')]
  .filter(c => !c.disabled && c.tabIndex >= 0 && c.checkVisibility({checkVisibilityCSS: true}))"""
"""Script: every control that is shown and not switched off."""

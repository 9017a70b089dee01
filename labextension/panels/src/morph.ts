// A drawn part becomes what a fresh drawing of it says: only what differs is touched, so that the page lays out and
// paints no more than that, and what is focused, selected or pressed stays so.

/** Make `old` equal to `fresh`, which is used up. Listeners of `old` stay: fresh nodes should have none. */
export function morph(old: Element, fresh: Element): void {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  morphChildren(old, [...fresh.childNodes]);
}

/** Make the children of a node equal to fresh ones. */
export function morphChildren(parent: Element, fresh: Node[]): void {
  const old = [...parent.childNodes];
  old.slice(fresh.length).forEach((node) => node.remove());
  fresh.forEach((node, i) => {
    const before = old[i];
    if (!before) parent.append(node);
    else if (before.nodeName !== node.nodeName) parent.replaceChild(node, before);
    else if (before instanceof Element) morph(before, node as Element);
    else if (before.nodeValue !== node.nodeValue) before.nodeValue = node.nodeValue;
  });
}

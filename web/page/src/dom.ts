/**
 * The few things the page does with elements. The rule: text goes in as text, never as HTML, for
 * what a task says comes from outside.
 */

type Child = Node | string;

/** The element of the page with this `id`; the markup and this code belong together. */
export function byId<E extends Element = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}`);
  return found as Element as E;
}

/** A new element with attributes and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string>,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A button that does something. */
export function button(text: string, className: string, press: () => void): HTMLButtonElement {
  const made = make("button", { type: "button", class: className }, text);
  made.addEventListener("click", press);
  return made;
}

/** Show one of the page's elements, or hide it. */
export function show(element: HTMLElement, visible: boolean): void {
  element.hidden = !visible;
}

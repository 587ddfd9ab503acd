// Every page: htmx, and clocks and ring marks that go on counting between the server's updates.
import "htmx.org";
import "htmx-ext-sse";

/** The server's clock minus ours, in milliseconds, from the newest page or part. */
let skew = Number(document.body.dataset.now) - Date.now();

const CADENCE_MS = 5000;
const SHOWN = 8;

function adopt(root: ParentNode): void {
  const part = root.querySelector<HTMLElement>("[data-server-now]");
  if (part) skew = Number(part.dataset.serverNow) - Date.now();
}

function clock(milliseconds: number): string {
  const all = Math.max(0, Math.round(milliseconds / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(all / 3600);
  const minutes = Math.floor(all / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
}

function showRings(marks: HTMLElement, now: number): void {
  const bound = Number(marks.dataset.bound);
  const count = Math.max(1, Math.floor((now - Number(marks.dataset.ringingSince)) / CADENCE_MS) + 1);
  if (marks.dataset.count === String(count)) return;
  marks.dataset.count = String(count);
  marks.classList.toggle("amber", count >= 2 && count <= bound);
  marks.classList.toggle("red", count > bound);
  marks.setAttribute("aria-label", (marks.dataset.label ?? "").replace("{n}", String(count)));
  const wanted = Math.min(SHOWN, Math.max(bound, count));
  while (marks.children.length < wanted) marks.append(document.createElement("i"));
  [...marks.children].forEach((mark, index) => {
    mark.classList.toggle("on", index < count);
    mark.classList.toggle("late", index >= bound);
    mark.classList.toggle("new", index === count - 1);
  });
}

/** A hold turns amber when its agent should be warned, red when the supervisor should be. */
function showHold(mark: HTMLElement, now: number): void {
  const seconds = (now - Number(mark.dataset.holdSince)) / 1000;
  const after = (limit: string | undefined): boolean => Number(limit) > 0 && seconds >= Number(limit);
  mark.classList.toggle("amber", after(mark.dataset.warn));
  mark.classList.toggle("red", after(mark.dataset.late));
}

function tick(): void {
  const now = Date.now() + skew;
  for (const timer of document.querySelectorAll<HTMLElement>("[data-since]")) {
    timer.textContent = clock(now - Number(timer.dataset.since));
  }
  for (const marks of document.querySelectorAll<HTMLElement>("[data-ringing-since]")) showRings(marks, now);
  for (const mark of document.querySelectorAll<HTMLElement>("[data-hold-since]")) showHold(mark, now);
}

function showLink(connected: boolean): void {
  const state = document.getElementById("link-state");
  if (!state) return;
  state.hidden = false;
  state.classList.toggle("lost", !connected);
  state.textContent = (connected ? state.dataset.connected : state.dataset.lost) ?? "";
}

/** What is pressed right now: a part that holds it is not exchanged, for then the click would be lost. */
let pressed: Element | null = null;
let waiting = false;

function keepPressed(): void {
  document.addEventListener("pointerdown", (event) => {
    pressed = event.target as Element;
  }, true);
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => {
      pressed = null;
      if (!waiting) return;
      waiting = false;
      setTimeout(() => document.body.dispatchEvent(new CustomEvent("office-changed")), 50);
    }, true);
  }
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const { detail } = event as CustomEvent<{ target: Element; shouldSwap: boolean }>;
    if (!pressed || !detail.target.contains(pressed)) return;
    detail.shouldSwap = false;
    waiting = true;
  });
}

/** A key without a modifier does what its button, link or field (`data-key`) does, unless somebody writes. */
function pressKey(event: KeyboardEvent): void {
  const target = event.target as Element;
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select")) return;
  const wanted = document.querySelector<HTMLElement>(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!wanted) return;
  event.preventDefault();
  if (wanted.matches("input, textarea")) wanted.focus();
  else wanted.click();
}

function listen(): void {
  keepPressed();
  document.addEventListener("keydown", pressKey);
  document.body.addEventListener("htmx:afterSwap", (event) => {
    adopt(event.target as HTMLElement);
    tick();
  });
  document.body.addEventListener("htmx:sseOpen", () => showLink(true));
  document.body.addEventListener("htmx:sseError", () => showLink(false));
  document.body.addEventListener("click", (event) => {
    if ((event.target as Element).closest("#toast")) document.getElementById("toast")?.replaceChildren();
  });
  document.body.addEventListener("change", (event) => {
    const field = event.target as HTMLInputElement;
    if ("submit" in field.dataset) field.form?.requestSubmit();
  });
  // A region of the toast is filled by the server; it leaves by itself.
  const toast = document.getElementById("toast");
  if (toast) {
    let timer = 0;
    new MutationObserver(() => {
      clearTimeout(timer);
      if (toast.firstElementChild) timer = window.setTimeout(() => toast.replaceChildren(), 8000);
    }).observe(toast, { childList: true });
  }
}

adopt(document);
listen();
tick();
setInterval(tick, 200);
document.documentElement.classList.add("scripted");


// A call's sound: the waveform of both channels, its findings as regions, and words that jump to their sound.
import WaveSurfer from "wavesurfer.js";
import RegionsPlugin from "wavesurfer.js/dist/plugins/regions.esm.js";

interface Region {
  rule: string;
  verdict: string;
  start: number;
  end: number | null;
}

function style(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function byId<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

function exact(seconds: number): string {
  const tenths = Math.floor(seconds * 10 + 1e-6);
  return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
}

let wave: WaveSurfer | null = null;

function drawWave(media: HTMLAudioElement): () => void {
  const container = byId("wave");
  container.hidden = false;
  const channel = (name: string): object => ({
    waveColor: style(`${name}-wave`),
    progressColor: style(`${name}-played`),
    height: 56,
  });
  wave?.destroy();
  const drawn = (wave = WaveSurfer.create({
    container,
    media,
    cspNonce: document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "",
    sampleRate: 8000,
    normalize: true,
    cursorColor: style("ink"),
    barWidth: 2,
    barGap: 1,
    barRadius: 2,
    dragToSeek: true,
    splitChannels: [channel("caller"), channel("agent")],
  }));
  const regions = drawn.registerPlugin(RegionsPlugin.create());
  const mark = (): void => {
    const length = drawn.getDuration();
    if (!length) return;
    regions.clearRegions();
    const source = document.querySelector<HTMLElement>("[data-regions]");
    for (const mark of JSON.parse(source?.dataset.regions ?? "[]") as Region[]) {
      const region = regions.addRegion({
        start: mark.start,
        end: mark.end ?? Math.min(length, mark.start + 0.4),
        color: style(`${mark.verdict}-veil`),
        drag: false,
        resize: false,
      });
      region.element?.part.add(mark.verdict);
    }
  };
  drawn.on("decode", mark);
  drawn.on("error", (problem) => {
    container.hidden = true; // the audio element still plays
    console.warn("the waveform cannot be drawn", problem.message);
  });
  return mark;
}

/** The sound in hand; a call that lasts gets a longer one when it ends. */
let media: HTMLAudioElement | null = null;
let stopAt: number | null = null;

function jump(start: number, end: number | null): void {
  if (!media) return;
  media.currentTime = Math.max(0, start);
  stopAt = end === null ? null : end + 0.15;
  void media.play();
}

function toggle(): void {
  stopAt = null;
  if (media?.paused) void media.play();
  else media?.pause();
}

function follow(): void {
  if (!media) return;
  const now = media.currentTime;
  byId("position").textContent = exact(now);
  if (stopAt !== null && now >= stopAt) {
    stopAt = null;
    media.pause();
  }
  for (const word of document.querySelectorAll<HTMLElement>("#words .word")) {
    const spoken = Number(word.dataset.start) <= now && now < Number(word.dataset.end);
    word.classList.toggle("spoken", spoken);
    if (spoken) word.setAttribute("aria-current", "true");
    else word.removeAttribute("aria-current");
  }
  if (!media.paused) requestAnimationFrame(follow);
}

function wire(sound: HTMLAudioElement): void {
  const play = byId("play");
  const length = byId("length");
  const showState = (): void => {
    play.classList.toggle("playing", !sound.paused);
    play.setAttribute("aria-pressed", String(!sound.paused));
    const text = play.querySelector(".text");
    if (text) text.textContent = (sound.paused ? play.dataset.play : play.dataset.pause) ?? "";
  };
  const showLength = (): void => {
    if (Number.isFinite(sound.duration)) length.textContent = exact(sound.duration);
  };
  sound.addEventListener("loadedmetadata", showLength);
  showLength();
  sound.addEventListener("play", () => {
    showState();
    follow();
  });
  sound.addEventListener("pause", showState);
  sound.addEventListener("seeked", follow);
  play.addEventListener("click", toggle);
  byId<HTMLSelectElement>("speed").addEventListener("change", (event) => {
    sound.playbackRate = Number((event.target as HTMLSelectElement).value);
  });
}

function clicked(event: Event): void {
  const target = (event.target as Element).closest<HTMLElement>(".jump, .word");
  if (!target) return;
  if (target.classList.contains("word")) focusWord(target);
  const { start, end } = target.dataset;
  jump(Number(start), target.matches(".listen") && end ? Number(end) : null);
}

function focusWord(word: HTMLElement): void {
  document.querySelector("#words .word[tabindex='0']")?.setAttribute("tabindex", "-1");
  word.tabIndex = 0;
  word.focus();
}

function keys(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.key === " " && !target.closest("input, textarea, select, button, a, summary, [contenteditable]")) {
    event.preventDefault();
    toggle();
    return;
  }
  if (!target.matches(".word")) return;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step !== undefined) {
    const words = [...document.querySelectorAll<HTMLElement>("#words .word")];
    const next = words[words.indexOf(target) + step];
    if (next) focusWord(next);
    event.preventDefault();
  } else if (event.key === "Enter") {
    jump(Number(target.dataset.start), null);
  }
}

/** One word of the transcript is in the tab order; arrows move it. */
function makeReachable(): void {
  for (const word of document.querySelectorAll<HTMLElement>("#words .word")) {
    word.tabIndex = -1;
    word.setAttribute("role", "button");
  }
  const first = document.querySelector<HTMLElement>("#words .word");
  if (first) first.tabIndex = 0;
}

/** Draws the findings' marks again; set once there is sound. */
let mark: (() => void) | null = null;

/** Takes the player in hand, which may come, or come anew, when the call is over. */
function start(): void {
  const player = document.getElementById("player");
  const sound = document.querySelector<HTMLAudioElement>("#audio");
  if (!player || !sound || sound === media) return;
  media?.pause();
  media = sound;
  player.querySelector<HTMLElement>(".controls")!.hidden = false;
  sound.controls = false;
  mark = drawWave(sound);
  wire(sound);
}

/** A link to a moment of the sound (`#t=12.5`, as media fragments are written). */
function toMoment(): void {
  const found = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
  if (found && media) {
    media.currentTime = Number(found[1]);
    document.getElementById("sound-title")?.scrollIntoView();
  }
}

start();
toMoment();
window.addEventListener("hashchange", toMoment);
makeReachable();
document.body.addEventListener("click", clicked);
document.addEventListener("keydown", keys);
document.body.addEventListener("htmx:afterSettle", () => {
  start();
  mark?.();
  makeReachable();
});

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

function drawWave(media: HTMLAudioElement): () => void {
  const container = byId("wave");
  container.hidden = false;
  const channel = (name: string): object => ({
    waveColor: style(`${name}-wave`),
    progressColor: style(`${name}-played`),
    height: 56,
  });
  const wave = WaveSurfer.create({
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
  });
  const regions = wave.registerPlugin(RegionsPlugin.create());
  const mark = (): void => {
    const length = wave.getDuration();
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
  wave.on("decode", mark);
  wave.on("error", (problem) => {
    container.hidden = true; // the audio element still plays
    console.warn("the waveform cannot be drawn", problem.message);
  });
  return mark;
}

function wire(media: HTMLAudioElement): void {
  const play = byId("play");
  const length = byId("length");
  const position = byId("position");
  let stopAt: number | null = null;

  function jump(start: number, end: number | null): void {
    media.currentTime = Math.max(0, start);
    stopAt = end === null ? null : end + 0.15;
    void media.play();
  }

  function showState(): void {
    play.classList.toggle("playing", !media.paused);
    play.setAttribute("aria-pressed", String(!media.paused));
    const text = play.querySelector(".text");
    if (text) text.textContent = (media.paused ? play.dataset.play : play.dataset.pause) ?? "";
  }

  function toggle(): void {
    stopAt = null;
    if (media.paused) void media.play();
    else media.pause();
  }

  function follow(): void {
    const now = media.currentTime;
    position.textContent = exact(now);
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

  const showLength = (): void => {
    if (Number.isFinite(media.duration)) length.textContent = exact(media.duration);
  };
  media.addEventListener("loadedmetadata", showLength);
  showLength();
  media.addEventListener("play", () => {
    showState();
    follow();
  });
  media.addEventListener("pause", showState);
  media.addEventListener("seeked", follow);
  play.addEventListener("click", toggle);
  byId<HTMLSelectElement>("speed").addEventListener("change", (event) => {
    media.playbackRate = Number((event.target as HTMLSelectElement).value);
  });
  document.body.addEventListener("click", (event) => {
    const target = (event.target as Element).closest<HTMLElement>(".jump, .word");
    if (!target) return;
    if (target.classList.contains("word")) focusWord(target);
    jump(Number(target.dataset.start), target.matches(".listen") && target.dataset.end ? Number(target.dataset.end) : null);
  });
  document.addEventListener("keydown", (event) => keys(event, toggle, jump));
}

function focusWord(word: HTMLElement): void {
  document.querySelector("#words .word[tabindex='0']")?.setAttribute("tabindex", "-1");
  word.tabIndex = 0;
  word.focus();
}

function keys(event: KeyboardEvent, toggle: () => void, jump: (start: number, end: null) => void): void {
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

/** Draws the marks again; set once there is sound. */
let mark: (() => void) | null = null;

/** Takes the player in hand, which may come only when the call is over. */
function start(): void {
  const player = document.getElementById("player");
  const audio = document.querySelector<HTMLAudioElement>("#audio");
  if (mark || !player || !audio) return;
  player.querySelector<HTMLElement>(".controls")!.hidden = false;
  audio.controls = false;
  mark = drawWave(audio);
  wire(audio);
}

start();
makeReachable();
document.body.addEventListener("htmx:afterSettle", () => {
  start();
  mark?.();
  makeReachable();
});

// The day's pictures. Their figures come with the panel, which the server renews; tables below say the same.
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use, type ECharts } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

interface Agent {
  name: string;
  three_rings: number | null;
  opening: number | null;
  closing: number | null;
}

interface Figures {
  hours: string[];
  passed: number[];
  failed: number[];
  rate: (number | null)[];
  agents: Agent[];
}

const charts = new Map<string, ECharts>();

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function chart(id: string): [ECharts, HTMLElement] | null {
  const place = document.getElementById(id);
  if (!place) return null;
  const known = charts.get(id) ?? init(place, null, { renderer: "canvas" });
  charts.set(id, known);
  return [known, place];
}

function common(): Record<string, unknown> {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return {
    animation: !still,
    animationDuration: 350,
    aria: { enabled: true },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour("muted") },
    // Drawn on the canvas: markup with inline styles is not allowed here.
    tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" }, confine: true },
    legend: { bottom: 0, itemWidth: 12, itemHeight: 12, textStyle: { color: colour("muted") } },
  };
}

const axisLine = (): Record<string, unknown> => ({ lineStyle: { color: colour("line") } });
const splitLine = (): Record<string, unknown> => ({ lineStyle: { color: colour("line"), type: "dashed" } });
const label = (): Record<string, unknown> => ({ color: colour("muted") });
const percent = (value: unknown): string => (value == null ? "–" : `${String(value)}%`);

function drawHours(figures: Figures): void {
  const found = chart("chart-hours");
  if (!found) return;
  const [picture, { dataset }] = found;
  picture.setOption({
    ...common(),
    grid: { left: 34, right: 44, top: 16, bottom: 54 },
    xAxis: { type: "category", data: figures.hours, axisLine: axisLine(), axisTick: { show: false }, axisLabel: label() },
    yAxis: [
      { type: "value", minInterval: 1, splitLine: splitLine(), axisLabel: label() },
      { type: "value", min: 0, max: 100, splitLine: { show: false }, axisLabel: { ...label(), formatter: "{value}%" } },
    ],
    series: [
      { name: dataset.passed, type: "bar", stack: "calls", data: figures.passed, color: colour("pass"), barMaxWidth: 22 },
      {
        name: dataset.failed,
        type: "bar",
        stack: "calls",
        data: figures.failed,
        color: colour("fail"),
        barMaxWidth: 22,
        itemStyle: { borderRadius: [3, 3, 0, 0] },
      },
      {
        name: dataset.rate,
        type: "line",
        yAxisIndex: 1,
        data: figures.rate,
        connectNulls: true,
        color: colour("ink-soft"),
        symbolSize: 6,
        tooltip: { valueFormatter: percent },
      },
    ],
  });
}

function drawAgents(figures: Figures): void {
  const found = chart("chart-agents");
  if (!found) return;
  const [picture, { dataset }] = found;
  const bar = (rule: "three_rings" | "opening" | "closing", shade: string): Record<string, unknown> => ({
    name: dataset[rule],
    type: "bar",
    data: figures.agents.map((agent) => agent[rule]),
    color: colour(shade),
    barMaxWidth: 14,
    barGap: "25%",
    itemStyle: { borderRadius: [0, 3, 3, 0] },
    tooltip: { valueFormatter: percent },
  });
  picture.setOption({
    ...common(),
    grid: { left: 8, right: 24, top: 8, bottom: 54, containLabel: true },
    xAxis: { type: "value", min: 0, max: 100, axisLabel: { ...label(), formatter: "{value}%" }, splitLine: splitLine() },
    yAxis: {
      type: "category",
      inverse: true,
      data: figures.agents.map((agent) => agent.name),
      axisLine: axisLine(),
      axisTick: { show: false },
      axisLabel: label(),
    },
    series: [bar("three_rings", "brand"), bar("opening", "teal"), bar("closing", "gold")],
  });
}

function draw(): void {
  const source = document.querySelector<HTMLElement>("[data-charts]");
  if (!source?.dataset.charts) return;
  const figures = JSON.parse(source.dataset.charts) as Figures;
  drawHours(figures);
  drawAgents(figures);
}

// The tables stay as open as they were when the server renews them.
let tablesOpen = false;
document.body.addEventListener("htmx:beforeSwap", () => {
  tablesOpen = document.querySelector<HTMLDetailsElement>("#tables-details")?.open ?? tablesOpen;
});
document.body.addEventListener("htmx:load", () => {
  const details = document.querySelector<HTMLDetailsElement>("#tables-details");
  if (details && tablesOpen) details.open = true;
});

document.body.addEventListener("htmx:afterSwap", (event) => {
  if ((event.target as HTMLElement).id === "panel") draw();
});
new ResizeObserver(() => charts.forEach((picture) => picture.resize())).observe(document.body);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
draw();

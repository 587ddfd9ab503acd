// Bundles the pages' scripts and styles: `npm run build`. The output folder is emptied first.
import { build } from "esbuild";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const outdir = here("../callcenter/web/static/dist");

rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: [here("src/app.ts"), here("src/day.ts"), here("src/call.ts"), here("src/app.css")],
  outdir,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022"],
  legalComments: "linked",
  logLevel: "info",
});

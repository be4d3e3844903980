/** The worker that loads files. It lives as long as the page, whatever screen is shown. */
import { download } from "../store/download.ts";
import type { SiteFile } from "../store/site.ts";
import { answerCalls, type Call } from "./calls.ts";
import { paced } from "./paced.ts";

const TELL_EVERY_MS = 100;

const load: Call<readonly SiteFile[], number, null> = async (files, tell, signal) => {
  const told = paced(tell, TELL_EVERY_MS);
  let before = 0;
  for (const file of files) {
    await download(file, (bytes) => told(before + bytes), signal);
    before += file.sizeBytes;
  }
  return null;
};

const CALLS = { load };
export type FilesCalls = typeof CALLS;

answerCalls(CALLS);

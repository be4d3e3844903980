/** The worker that loads files. It lives as long as the page, whatever screen is shown. */
import { download } from "../store/download.ts";
import { importBundle } from "../store/importing.ts";
import { filesOfPicked, nameOf, type Picked } from "../store/picked.ts";
import { readSite, type SiteFile } from "../store/site.ts";
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

/** Keeps a bundle that a person has picked; tells how many bytes are kept. */
const keep: Call<Picked, number, null> = async (picked, tell) => {
  await importBundle(nameOf(picked), await filesOfPicked(picked), await readSite(), tell);
  return null;
};

const CALLS = { load, keep };
export type FilesCalls = typeof CALLS;

answerCalls(CALLS);

/** The Android app's two pictures (res/drawable). */
const PATHS = {
  back: "M20,11H7.8l5.6,-5.6L12,4l-8,8l8,8l1.4,-1.4L7.8,13H20z",
  about: "M11,7h2v2h-2zM11,11h2v6h-2zM12,2a10,10 0,1 0,0.01 0zM12,4a8,8 0,1 1,-0.01 0z",
};

const SVG = "http://www.w3.org/2000/svg";

/** A picture that says nothing by itself: what holds it has a label. */
export function icon(name: keyof typeof PATHS): SVGElement {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("viewBox", "0 0 24 24");
  made.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  made.append(path);
  return made;
}

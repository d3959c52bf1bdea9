// Body of a function: what is uncomfortable on this page, a sentence each. Argument: whether a thumb is used.
const found = [];
const [touch] = arguments;
const root = document.scrollingElement;
if (root.scrollWidth > innerWidth) found.push(`the page is ${root.scrollWidth} px wide in a window of ${innerWidth}`);

const channels = (color) => color.match(/[\d.]+/g).map(Number);
const luminance = (rgb) => {
  const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (element) => {
  for (let it = element; it; it = it.parentElement) {
    const [r, g, b, a = 1] = channels(getComputedStyle(it).backgroundColor);
    if (a === 1) return [r, g, b];
  }
  return [255, 255, 255];
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
  const ink = channels(getComputedStyle(element).color).slice(0, 3);
  const [light, dark] = [luminance(ink), luminance(ground(element))].sort((a, b) => b - a);
  const ratio = (light + 0.05) / (dark + 0.05);
  if (ratio < 4.5) found.push(`contrast ${ratio.toFixed(2)}: ${walker.currentNode.data.trim()}`);
}
for (const target of touch ? document.querySelectorAll("a, button, summary") : []) {
  const { width, height } = target.getBoundingClientRect();
  const inSentence = target.closest("p, li > a") && target.parentElement.textContent !== target.textContent;
  if (!inSentence && target.checkVisibility() && (height < 44 || width < 44)) {
    found.push(`target of ${width} × ${height} px: ${target.textContent.trim()}`);
  }
}
return found;

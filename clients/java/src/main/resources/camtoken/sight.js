// What stands at a place on a page, and whether a person would see it. It runs in the page, and is the same file in each client.
(element) => {
  const POINTS = 7;
  const round = (value) => Math.round(value * 10) / 10;
  const parentOf = (node) => node.assignedSlot ?? node.parentNode ?? node.host ?? null;
  const holds = (outer, inner) => {
    for (let node = inner; node; node = parentOf(node)) if (node === outer) return true;
    return false;
  };
  const tagOf = (found) => {
    const classes = [...found.classList].slice(0, 3).join(' ');
    return `<${found.localName}${found.id && ` id="${found.id}"`}${classes && ` class="${classes}"`}>`;
  };
  const frontOf = (root, x, y) => {
    const found = root.elementFromPoint(x, y);
    return (found?.shadowRoot && frontOf(found.shadowRoot, x, y)) || found;
  };

  const box = element.getBoundingClientRect();
  const { visibility } = getComputedStyle(element);
  let hidden = visibility === 'visible' ? null : `visibility: ${visibility}`;
  let opacity = 1;
  for (let node = element; node; node = parentOf(node)) {
    if (node.nodeType !== Node.ELEMENT_NODE) continue;
    const style = getComputedStyle(node);
    opacity *= Number(style.opacity);
    if (style.display === 'none') hidden = 'display: none';
  }
  if (box.width === 0 || box.height === 0) hidden ??= 'it has no size';

  // What lies in front, in its own document and in those around its frame, at points all over it. A cover that lets the mouse
  // through is one, too.
  const everything = new CSSStyleSheet();
  everything.replaceSync('* { pointer-events: auto !important }');
  const sheets = document.adoptedStyleSheets;
  document.adoptedStyleSheets = [...sheets, everything];
  const covers = new Map();
  let inside = 0;
  for (let point = 0; point < POINTS * POINTS; point++) {
    let x = box.left + (box.width * ((point % POINTS) + 0.5)) / POINTS;
    let y = box.top + (box.height * (Math.floor(point / POINTS) + 0.5)) / POINTS;
    let own = element;
    while (own) {
      const view = own.ownerDocument.defaultView;
      if (x < 0 || y < 0 || x >= view.innerWidth || y >= view.innerHeight) break;
      if (own === element) inside++;
      const found = frontOf(view.document, x, y);
      if (found && !holds(own, found) && !holds(found, own)) {
        covers.set(found, (covers.get(found) ?? 0) + 1);
        break;
      }
      let frame = null;
      try {
        frame = view.frameElement;
      } catch {
        // It belongs to another site.
      }
      const around = frame?.getBoundingClientRect();
      x += (around?.left ?? 0) + (frame?.clientLeft ?? 0);
      y += (around?.top ?? 0) + (frame?.clientTop ?? 0);
      own = frame;
    }
  }
  document.adoptedStyleSheets = sheets;
  const [[front, points] = []] = [...covers].sort((one, other) => other[1] - one[1]);

  const images = element.localName === 'img' ? [element] : [...element.querySelectorAll('img')];
  const broken = images.find((image) => image.complete && image.naturalWidth === 0);
  return {
    tag: tagOf(element),
    width: round(box.width),
    height: round(box.height),
    dpr: devicePixelRatio,
    hidden,
    opacity: Math.round(opacity * 100) / 100,
    front: front ? tagOf(front) : null,
    covered: front ? points / inside : 0,
    unloaded: broken ? (broken.currentSrc || broken.src || 'an <img> without src').slice(0, 80) : null,
  };
};

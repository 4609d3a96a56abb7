// One simulated week on the map. It stands still until somebody presses play, and asks nothing of any server.
const SVG = "http://www.w3.org/2000/svg";
const WEEK = 7 * 24 * 60;
// Minutes of the week that somebody is seen on the way; what the clock makes of them is the speed.
const ON_THE_WAY = 180;
// Below this width, or with more hospitals, names do not fit in the drawing.
const NARROW = 600, MOST_NAMED = 8;
// With less motion asked for: seconds between two still moments.
const STILL_SECONDS = 2;
const COLOURS = { acute: "#A84300", diverted: "#7A3E6B", planned: "#154273", visit: "#00645A" };
// A shape for each kind besides its colour, around (0, 0).
const SHAPES = {
  acute: "M0,-7 L7,6 L-7,6 Z",
  diverted: "M-6,-6 L6,6 M6,-6 L-6,6",
  planned: "M-6,0 a6,6 0 1,0 12,0 a6,6 0 1,0 -12,0 Z",
  visit: "M-5,-5 L5,-5 L5,5 L-5,5 Z",
};
const OPEN = new Set(["diverted", "visit"]);

function make(name, attributes, parent) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (parent) parent.append(element);
  return element;
}

function mark(kind, parent) {
  const colour = COLOURS[kind];
  return make("path", {
    d: SHAPES[kind],
    fill: OPEN.has(kind) ? (kind === "visit" ? "#FFFFFF" : "none") : colour,
    stroke: OPEN.has(kind) ? colour : "#FFFFFF",
    "stroke-width": OPEN.has(kind) ? 2.5 : 1,
  }, parent);
}

function play(root, data) {
  const find = (name) => root.querySelector("." + name);
  const scene = find("scene"), button = find("play"), slider = find("slider"), status = find("status");
  const words = data.words, frame = data.hours_per_frame * 60, last = data.in_bed.length - 1;
  const less = window.matchMedia("(prefers-reduced-motion: reduce)");
  let minute = 0, playing = false, before = 0, waited = 0, request = 0;

  // -- what stands still ---------------------------------------------------------------------------------
  scene.replaceChildren();
  scene.setAttribute("viewBox", `0 0 ${data.width} ${data.height}`);
  scene.setAttribute("aria-label", words.alt);
  scene.setAttribute("font-family", "Arial, sans-serif");
  make("rect", { width: data.width, height: data.height, fill: "#E4EAF1" }, scene);
  make("path", { d: data.outline, fill: "#FFFFFF", stroke: "#8A99AB" }, scene);
  for (const area of data.areas) make("circle", { cx: area.x, cy: area.y, r: 3, fill: "#8A99AB" }, scene);
  const most = Math.max(1, ...data.in_bed.flat());
  const list = find("places");
  list.replaceChildren();
  const hospitals = data.locations.map((place, index) => {
    const group = make("g", {}, scene);
    const circle = make("circle", { fill: "#A9C7E3", "fill-opacity": 0.85, stroke: "#154273", "stroke-width": 2 }, group);
    const name = make("text", {
      "text-anchor": "middle", "font-size": 15, "font-weight": 700, fill: "#1B1B1B",
      stroke: "#FFFFFF", "stroke-width": 4, "paint-order": "stroke",
    }, group);
    const item = document.createElement("li"), counts = document.createElement("span");
    item.append(`${place.name}: `, counts);
    list.append(item);
    return { place, group, circle, name, counts, number: String(index + 1) };
  });
  const moving = make("g", {}, scene);

  const legend = find("legend");
  legend.replaceChildren();
  for (const kind of Object.keys(COLOURS)) {
    const item = document.createElement("li");
    const key = make("svg", { viewBox: "-9 -9 18 18", "aria-hidden": "true" });
    mark(kind, key);
    item.append(key, words.kinds[kind]);
    legend.append(item);
  }
  const bed = document.createElement("li");
  const key = make("svg", { viewBox: "-9 -9 18 18", "aria-hidden": "true" });
  make("circle", { r: 7, fill: "#A9C7E3", stroke: "#154273", "stroke-width": 2 }, key);
  bed.append(key, words.circle);
  legend.append(bed);

  // On a narrow screen the drawing is smaller: its letters and marks are not. Names stand in the list only then.
  let enlarged = 1;
  function fit() {
    const width = scene.clientWidth || data.width;
    enlarged = Math.max(1, data.width / width, data.height / (scene.clientHeight || data.height));
    const few = width >= NARROW && hospitals.length <= MOST_NAMED;
    for (const hospital of hospitals) {
      hospital.group.setAttribute("transform", `translate(${hospital.place.x},${hospital.place.y}) scale(${enlarged})`);
      hospital.name.textContent = few ? `${hospital.number}. ${hospital.place.name}` : hospital.number;
      hospital.name.setAttribute("y", few ? -34 : 5);
    }
    draw();
  }

  // -- one moment ----------------------------------------------------------------------------------------
  const written = (value) => value.toLocaleString(data.language);
  const clock = (at) => {
    const day = Math.min(6, Math.floor(at / 1440)), rest = at - day * 1440;
    const hours = String(Math.floor(rest / 60)).padStart(2, "0"), minutes = String(Math.floor(rest % 60)).padStart(2, "0");
    return `${words.days[day]} ${hours}${words.clock}${minutes}`;
  };
  const scatter = (index, size) => (((index * 7919) % 97) / 97 - 0.5) * size;

  function draw() {
    const at = Math.min(last, Math.floor(minute / frame));
    let beds = 0, waiting = 0, going = 0;
    hospitals.forEach((hospital, index) => {
      beds += data.in_bed[at][index];
      waiting += data.waiting[at][index];
      const radius = (8 + 22 * Math.sqrt(data.in_bed[at][index] / most)) / Math.sqrt(enlarged);
      hospital.circle.setAttribute("r", radius.toFixed(1));
      hospital.counts.textContent = words.hospital
        .replace("{beds}", written(data.in_bed[at][index])).replace("{waiting}", written(data.waiting[at][index]));
    });
    moving.replaceChildren();
    data.arrivals.forEach((arrival, index) => {
      const left = arrival[0] - minute;
      const shown = less.matches ? left >= 0 && left < frame : left >= 0 && left < ON_THE_WAY;
      if (!shown) return;
      going += 1;
      const from = data.areas[arrival[1]], to = data.locations[arrival[2]];
      // With less motion everybody stands where he comes from, beside the others.
      const part = less.matches ? 0 : 1 - left / ON_THE_WAY;
      const x = from.x + (to.x - from.x) * part + scatter(index, 26), y = from.y + (to.y - from.y) * part + scatter(index + 31, 26);
      mark(data.kinds[arrival[3]], moving).setAttribute("transform", `translate(${x.toFixed(1)},${y.toFixed(1)}) scale(${enlarged.toFixed(2)})`);
    });
    slider.value = Math.round(minute / frame);
    slider.setAttribute("aria-valuetext", clock(minute));
    status.textContent = words.status.replace("{moment}", clock(minute)).replace("{beds}", written(beds))
      .replace("{waiting}", written(waiting)).replace("{going}", written(going));
  }

  // -- the clock -----------------------------------------------------------------------------------------
  function show(isPlaying) {
    playing = isPlaying;
    button.textContent = playing ? words.pause : words.play;
    // A reader of the screen is not interrupted while it plays.
    status.setAttribute("aria-live", playing ? "off" : "polite");
    cancelAnimationFrame(request);
    if (playing) {
      before = 0;
      waited = 0;
      request = requestAnimationFrame(tick);
    }
  }

  function tick(now) {
    if (!root.isConnected && !root.host?.isConnected) return;
    const seconds = before ? Math.min(0.1, (now - before) / 1000) : 0;
    before = now;
    if (less.matches) {
      waited += seconds;
      if (waited >= STILL_SECONDS) { waited = 0; minute += frame; draw(); }
    } else {
      minute += seconds * 60 * Number(find("speed").value);
      draw();
    }
    if (minute >= WEEK) { minute = WEEK; draw(); show(false); return; }
    request = requestAnimationFrame(tick);
  }

  const step = (frames) => {
    show(false);
    minute = Math.max(0, Math.min(WEEK, (Math.round(minute / frame) + frames) * frame));
    draw();
  };

  button.onclick = () => { if (minute >= WEEK) minute = 0; show(!playing); };
  find("back").onclick = () => step(-1);
  find("on").onclick = () => step(1);
  slider.max = last;
  slider.oninput = () => { show(false); minute = Math.min(WEEK, Number(slider.value) * frame); draw(); };
  find("back").textContent = words.back;
  find("on").textContent = words.on;
  find("moment-label").textContent = words.moment;
  find("speed-label").textContent = words.speed;
  const speed = find("speed");
  speed.replaceChildren(...data.speeds.map((hours) => new Option(words.speeds[String(hours)], hours)));
  const still = find("still");
  const lessMotion = () => { still.hidden = !less.matches; still.textContent = words.less; draw(); };
  const resized = new ResizeObserver(fit);
  resized.observe(scene);
  less.onchange = lessMotion;
  const hidden = () => { if (document.hidden) show(false); };
  document.addEventListener("visibilitychange", hidden);

  // -- as a still ----------------------------------------------------------------------------------------
  function source() {
    const copy = scene.cloneNode(true);
    copy.setAttribute("xmlns", SVG);
    copy.setAttribute("width", data.width);
    copy.setAttribute("height", data.height + 60);
    copy.setAttribute("viewBox", `0 -30 ${data.width} ${data.height + 60}`);
    make("rect", { y: -30, width: data.width, height: 30, fill: "#FFFFFF" }, copy);
    make("rect", { y: data.height, width: data.width, height: 30, fill: "#FFFFFF" }, copy);
    make("text", { x: 8, y: -9, "font-size": 17, "font-weight": 700, fill: "#1B1B1B" }, copy).textContent = `${words.title}: ${clock(minute)}`;
    make("text", { x: 8, y: data.height + 20, "font-size": 14, fill: "#595959" }, copy).textContent = words.example;
    return new XMLSerializer().serializeToString(copy);
  }
  function save(blob, ending) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `zorgstroom-week.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
  find("svg").textContent = words.svg;
  find("png").textContent = words.png;
  find("svg").onclick = () => save(new Blob([source()], { type: "image/svg+xml" }), "svg");
  find("png").onclick = () => {
    const image = new Image(), address = URL.createObjectURL(new Blob([source()], { type: "image/svg+xml" }));
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = 2 * data.width;
      canvas.height = 2 * (data.height + 60);
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(address);
      canvas.toBlob((blob) => save(blob, "png"), "image/png");
    };
    image.src = address;
  };

  fit();
  lessMotion();
  show(false);
  return () => {
    resized.disconnect();
    cancelAnimationFrame(request);
    document.removeEventListener("visibilitychange", hidden);
    less.onchange = null;
  };
}

const shown = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  const there = shown.get(parentElement);
  // The page is drawn again for many reasons; the week goes on where it was.
  if (there && there.name === data.name) return there.stop;
  if (there) there.stop();
  const stop = play(parentElement, data);
  shown.set(parentElement, { name: data.name, stop });
  return () => { stop(); shown.delete(parentElement); };
}

/** The page: what is asked, of which model, and what is shown of the answer. */
import { classifyPath, makeClient, type Question, Refusal, Unreachable } from './api.js';
import type { Answer, FoundBox, ImageInput, Model, SignalInput, ThresholdChoices } from './api-types.js';
import type { Frame } from './camera.js';
import { watchConnection } from './connection.js';
import { curlCommand } from './curl.js';
import { byId, element, setText, show } from './dom.js';
import { watchFiles } from './files-in.js';
import { type Finding, findingsOf, labelsOf } from './findings.js';
import { copy, download } from './hand-over.js';
import { askForKey } from './key-dialog.js';
import { makeLive } from './live.js';
import { makeModelChoice } from './model-choice.js';
import { inputInWords, modelView } from './model-view.js';
import { newestOnly } from './newest.js';
import { readNumbers } from './numbers.js';
import { asSeen, closePicture, type Picture, readPicture } from './picture.js';
import { makePlot } from './plot.js';
import { resultView } from './result-view.js';
import { countInWords, freedom, isSound, type Signal, windowAt } from './signal.js';
import { type Recording, record, soundOfFile } from './sound.js';
import { makeStage } from './stage.js';
import { watchTheme } from './theme.js';
import { makeThresholdView } from './threshold-view.js';
import { thresholdSettings } from './thresholds.js';
import { makeTimingView } from './timing-view.js';
import { inWords, milliseconds } from './words.js';

type Subject = Picture | Signal;

interface Request {
  readonly model: Model;
  readonly subject: Subject;
  readonly question: Question;
  readonly thresholds: ThresholdChoices;
}

interface Answered extends Request {
  readonly answer: Answer;
  readonly findings: readonly Finding[];
}

/** Between the last move of a slider and the question. */
const SETTLED_MS = 80;
/** A screen reader is not told of every frame. */
const WORDS_EVERY_MS = 3000;
/** What a server that has too much to do is given. */
const BUSY_MS = 1000;
const LONGEST_RECORDING_S = 30;
const MOST_JSON = 200_000;

const view = byId('view', HTMLElement);
const canvas = byId('picture', HTMLCanvasElement);
const cameraButton = byId('camera', HTMLButtonElement);
const switchButton = byId('switch-camera', HTMLButtonElement);
const recordButton = byId('record', HTMLButtonElement);
const numbers = byId('numbers', HTMLTextAreaElement);
const jsonCard = byId('json-card', HTMLDetailsElement);
const outputs = byId('outputs', HTMLElement);
const downloadButton = byId('download', HTMLButtonElement);

let model: Model | undefined;
let subject: Subject | undefined;
let answered: Answered | undefined;
let recording: Recording | undefined;
/** While the browser asks whether it may. */
let opensMicrophone = false;
/** Counts the models that were asked for: only the last is shown. */
let openings = 0;
/** Counts what was given to ask about: only the last is shown. */
let givings = 0;
let busy = 0;
let spokenAt = 0;

const client = makeClient(askForKey);
const stage = makeStage(canvas);
const times = makeTimingView(byId('times', HTMLElement));
const lost = watchConnection(byId('connection', HTMLElement), () => client.isAlive(), cameBack);
const choice = makeModelChoice(byId('model', HTMLSelectElement), (id) => void openModel(id));
const askNewest = newestOnly(answerTo);
const thresholds = makeThresholdView(
  byId('thresholds', HTMLElement),
  byId('reset', HTMLButtonElement),
  debounced(ask, SETTLED_MS),
);
const plot = makePlot(
  {
    canvas: byId('plot', HTMLCanvasElement),
    choice: byId('window-choice', HTMLElement),
    range: byId('window-start', HTMLInputElement),
    output: byId('window-text', HTMLElement),
  },
  ask,
);
const live = makeLive({
  frame: askAboutFrame,
  pace: (framesPerSecond, latencyMs) =>
    setText(byId('live', HTMLElement), `${framesPerSecond.toFixed(1)} fps, ${milliseconds(latencyMs)}`),
  changed: showLive,
  failed: showFailure,
});

watchTheme(byId('theme', HTMLButtonElement), plot.redraw);
watchFiles((file) => void take(file));
cameraButton.addEventListener('click', () => void toggleCamera());
switchButton.addEventListener('click', () => void live.start(live.camera?.next));
recordButton.addEventListener('click', () => void toggleRecording());
numbers.addEventListener('input', debounced(countNumbers, SETTLED_MS));
numbers.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) takeNumbers();
});
byId('numbers-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  takeNumbers();
});
byId('copy-json', HTMLButtonElement).addEventListener('click', () => void handOver(copyJson, 'JSON copied'));
byId('copy-curl', HTMLButtonElement).addEventListener(
  'click',
  () => void handOver(copyCurl, 'curl command copied'),
);
downloadButton.addEventListener('click', () => void handOver(downloadPicture, 'Picture saved'));
jsonCard.addEventListener('toggle', showJson);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && model !== undefined) void refreshModels();
});
void start();

async function start(): Promise<void> {
  try {
    choice.offer(await client.models());
    const wanted = choice.wanted();
    if (wanted === undefined) {
      describeEmpty('There is no model yet', 'Start the server with one: impulse serve model.zip');
    } else await openModel(wanted);
  } catch (error) {
    showFailure(error);
    describeEmpty('No model', '');
  }
}

/** Models that came or went while nobody looked; not knowing of them is no failure. */
async function refreshModels(): Promise<void> {
  await client.models().then(choice.offer, () => {});
}

function cameBack(): void {
  clearFailure();
  if (model === undefined) void start();
  else ask();
}

async function openModel(id: string): Promise<void> {
  const opening = ++openings;
  setBusy(1);
  if (model === undefined) describeEmpty('Opening the model…', '');
  try {
    const opened = await client.model(id);
    if (opening !== openings) return;
    choice.mark(opened.id);
    showModel(opened);
  } catch (error) {
    if (opening !== openings) return;
    choice.mark(model?.id);
    describeEmpty('No model is open', 'Choose one above.');
    showFailure(error);
  } finally {
    setBusy(-1);
  }
}

function showModel(opened: Model): void {
  const before = model?.input;
  model = opened;
  const { input } = opened;
  const isImage = input.inputType === 'image';
  if (!isImage) live.stop();
  dropRecording();
  show(byId('picture-tools', HTMLElement), isImage);
  show(byId('signal-tools', HTMLElement), !isImage);
  show(byId('numbers-form', HTMLElement), !isImage);
  show(recordButton, !isImage && isSound(input));
  show(downloadButton, isImage);
  byId('model-facts', HTMLElement).replaceChildren(...modelView(opened));
  show(byId('model-card', HTMLElement), true);
  const settings = thresholdSettings(opened);
  thresholds.show(settings);
  show(byId('thresholds-card', HTMLElement), settings.length > 0);
  if (!isImage) countNumbers();
  describeEmpty(...invitation(input));
  clearFailure();
  clearAnswer();
  if (live.camera !== undefined) return;
  const fits = subject !== undefined && before !== undefined && isSameKind(before, input);
  setSubject(fits ? subject : undefined);
}

function invitation(input: Model['input']): [title: string, hint: string] {
  const wanted = `The model takes: ${inputInWords(input)}`;
  if (input.inputType === 'image') {
    return ['Drop a picture here', `or choose one, paste one, or use the camera. ${wanted}`];
  }
  return isSound(input)
    ? ['Drop a WAV file here', `or choose one, record, or paste numbers below. ${wanted}`]
    : ['Drop a CSV file here', `or choose one, or paste numbers below. ${wanted}`];
}

function isSameKind(a: Model['input'], b: Model['input']): boolean {
  if (a.inputType === 'image' || b.inputType === 'image') return a.inputType === b.inputType;
  return a.inputType === b.inputType && a.frequencyHz === b.frequencyHz && a.axes.length === b.axes.length;
}

async function take(file: File): Promise<void> {
  live.stop();
  clearFailure();
  await give((input) => (input.inputType === 'image' ? readPicture(file) : readSignal(file, input)));
}

/** Shows what is read, unless meanwhile something else was given, or a model chosen that takes other things. */
async function give(read: (input: Model['input']) => Promise<Subject>): Promise<void> {
  if (model === undefined) return;
  const { input } = model;
  const giving = ++givings;
  const isWanted = (): boolean => giving === givings && model !== undefined && isSameKind(input, model.input);
  try {
    const given = await read(input);
    if (isWanted()) setSubject(given);
    else if (given.kind === 'picture') closePicture(given);
  } catch (error) {
    if (isWanted()) showFailure(error);
  }
}

async function readSignal(file: File, input: SignalInput): Promise<Signal> {
  const { name } = file;
  if (file.type.startsWith('image/')) {
    throw new Error(`This model takes no pictures: ${inputInWords(input)}.`);
  }
  const isSoundFile = file.type.startsWith('audio/') || /\.wav$/i.test(name);
  if (!isSoundFile) return { kind: 'signal', name, ...namedValues(readNumbers(await file.text())) };
  if (input.frequencyHz === 0) throw new Error('This model does not say how many samples a second it takes.');
  return { kind: 'signal', name, ...(await soundOfFile(file, input.frequencyHz)) };
}

function namedValues({ values, notes }: Pick<Signal, 'values' | 'notes'>): Pick<Signal, 'values' | 'notes'> {
  return { values, notes: [`${values.length.toLocaleString('en')} numbers`, ...notes] };
}

function setSubject(next: Subject | undefined): void {
  const former = subject;
  subject = next;
  clearAnswer();
  const isImage = model?.input.inputType === 'image';
  show(canvas, next?.kind === 'picture' && next.shown !== undefined);
  show(byId('signal', HTMLElement), next?.kind === 'signal');
  show(byId('empty', HTMLElement), next === undefined);
  if (next?.kind === 'signal' && model !== undefined && !isImage)
    showSignal(next, model.input as SignalInput);
  if (next?.kind === 'picture') showPicture(next, undefined);
  // Now that nothing draws it: the stage has the next one, or is hidden.
  if (former?.kind === 'picture' && former !== next) closePicture(former);
  describeSubject(next);
  ask();
}

function showSignal(signal: Signal, input: SignalInput): void {
  plot.show(signal, input);
  if (freedom(signal, input) !== undefined) return;
  showFailure(new Error(`${signal.name}: ${countInWords(signal.values.length, input)}.`));
}

function describeSubject(next: Subject | undefined): void {
  const caption = byId('caption', HTMLElement);
  show(caption, next !== undefined);
  if (next === undefined) return;
  const facts =
    next.kind === 'signal'
      ? next.notes
      : [next.shown && `${next.shown.width} × ${next.shown.height}`, next.note].filter(
          (fact) => fact !== undefined,
        );
  setText(caption, [next.name, ...facts].join(' · '));
}

/** Nothing happens where there is nothing to ask; a camera asks by itself. */
function ask(): void {
  if (live.camera !== undefined) return;
  const request = requestOf();
  if (request !== undefined) askNewest(request);
}

function requestOf(): Request | undefined {
  if (model === undefined || subject === undefined) return undefined;
  const question = questionOf(model.input, subject);
  return question && { model, subject, question, thresholds: new Map(thresholds.chosen) };
}

function questionOf(input: ImageInput | SignalInput, about: Subject): Question | undefined {
  if (about.kind === 'picture') {
    return input.inputType === 'image' ? { kind: 'image', file: about.file, name: about.name } : undefined;
  }
  if (input.inputType === 'image' || freedom(about, input) === undefined) return undefined;
  return { kind: 'features', features: windowAt(about, plot.start, input) };
}

async function answerTo(request: Request): Promise<void> {
  setBusy(1);
  try {
    await answer(request);
  } catch (error) {
    if (isCurrent(request)) showFailure(error);
  } finally {
    setBusy(-1);
  }
}

async function answer(request: Request): Promise<void> {
  const started = performance.now();
  const given = await client.classify(request.model.id, request.question, request.thresholds);
  const roundTripMs = performance.now() - started;
  if (!isCurrent(request)) return;
  const { subject: about } = request;
  const seen = about.kind === 'picture' ? await asSeen(about, given.geometry) : about;
  if (isCurrent(request)) showAnswer({ ...request, subject: seen }, given, roundTripMs);
}

function isCurrent(request: Request): boolean {
  return request.model === model && request.subject === subject;
}

async function askAboutFrame({ file, shown }: Frame): Promise<boolean> {
  if (model === undefined) return false;
  const former = subject;
  subject = { kind: 'picture', name: 'frame.jpg', file, shown, note: undefined };
  const isFirst = former?.kind !== 'picture' || !(former.shown?.image instanceof HTMLCanvasElement);
  // Later ones are shown with their results: until then the one before stays.
  if (canvas.hidden || isFirst) {
    clearAnswer();
    showPicture(subject, undefined);
  }
  if (former?.kind === 'picture') closePicture(former);
  show(byId('empty', HTMLElement), false);
  const request = requestOf();
  if (request === undefined) return false;
  try {
    await answer(request);
    return true;
  } catch (error) {
    if (error instanceof Refusal && (error.status === 429 || error.status === 503)) {
      await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
      return true;
    }
    // The model may have been changed meanwhile.
    if (!isCurrent(request)) return true;
    showFailure(error);
    return false;
  }
}

async function toggleCamera(): Promise<void> {
  if (live.camera !== undefined) return live.stop();
  clearFailure();
  givings++;
  await live.start();
}

function showLive(): void {
  const isLive = live.camera !== undefined;
  setText(cameraButton, isLive ? 'Stop camera' : 'Use camera');
  cameraButton.setAttribute('aria-pressed', String(isLive));
  show(switchButton, live.camera?.canSwitch ?? false);
  show(byId('live', HTMLElement), isLive);
  show(byId('caption', HTMLElement), !isLive && subject !== undefined);
  if (!isLive) describeSubject(subject);
}

async function toggleRecording(): Promise<void> {
  if (opensMicrophone) return;
  clearFailure();
  await (recording === undefined ? beginRecording() : endRecording(recording));
}

async function beginRecording(): Promise<void> {
  const asked = model;
  if (asked === undefined || asked.input.inputType === 'image') return;
  opensMicrophone = true;
  try {
    const started = await record(asked.input.frequencyHz);
    recording = started;
    if (model === asked) void countSeconds(started);
    else dropRecording();
  } catch (error) {
    if (model === asked) showFailure(error);
  } finally {
    opensMicrophone = false;
  }
}

async function countSeconds(mine: Recording): Promise<void> {
  while (recording === mine) {
    setText(recordButton, `Stop (${mine.seconds.toFixed(1)} s)`);
    if (mine.seconds >= LONGEST_RECORDING_S) return toggleRecording();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** It was meant for another model, which may take another rate. */
function dropRecording(): void {
  recording?.stop().catch(() => {});
  recording = undefined;
  setText(recordButton, 'Record');
}

async function endRecording(mine: Recording): Promise<void> {
  recording = undefined;
  setText(recordButton, 'Record');
  await give(async () => ({ kind: 'signal', name: 'recording', ...(await mine.stop()) }));
}

function countNumbers(): void {
  if (model === undefined || model.input.inputType === 'image') return;
  const count = byId('numbers-count', HTMLElement);
  try {
    setText(count, countInWords(readNumbers(numbers.value).values.length, model.input));
  } catch (error) {
    setText(count, messageOf(error));
  }
}

function takeNumbers(): void {
  clearFailure();
  void give(async () => ({
    kind: 'signal',
    name: 'pasted numbers',
    ...namedValues(readNumbers(numbers.value)),
  }));
}

function showAnswer(request: Request, given: Answer, roundTripMs: number): void {
  const findings = findingsOf(given, request.model, request.thresholds);
  answered = { ...request, answer: given, findings };
  clearFailure();
  showPicture(request.subject, answered);
  byId('result', HTMLElement).replaceChildren(
    ...resultView(findings, { labels: labelsOf(request.model), pointed: showPointed }),
  );
  times.show(given.timing, roundTripMs);
  show(byId('times-card', HTMLElement), true);
  show(jsonCard, true);
  showJson();
  show(outputs, true);
  if (live.camera === undefined) describeSubject(request.subject);
  speak(`${inWords(findings)} ${milliseconds(roundTripMs)}.`);
}

function showPointed(box: FoundBox | undefined): void {
  if (answered !== undefined) showPicture(answered.subject, answered, box);
}

function showPicture(about: Subject, result: Answered | undefined, selected?: FoundBox): void {
  if (about.kind !== 'picture' || model === undefined) return;
  const geometry = result?.answer.geometry;
  const picture =
    geometry === undefined ? about.shown : { width: geometry.originalWidth, height: geometry.originalHeight };
  if (picture === undefined) return;
  const findings = result?.findings ?? [];
  show(canvas, true);
  stage.show({ picture, image: about.shown?.image, findings, geometry, labels: labelsOf(model), selected });
  canvas.setAttribute(
    'aria-label',
    `${about.name}. ${result === undefined ? 'No result yet.' : inWords(findings)}`,
  );
}

function speak(words: string): void {
  const now = performance.now();
  if (live.camera !== undefined && now - spokenAt < WORDS_EVERY_MS) return;
  spokenAt = now;
  setText(byId('words', HTMLElement), words);
}

function showFailure(error: unknown): void {
  if (error instanceof Unreachable) lost();
  const code = error instanceof Refusal ? [' ', element('code', {}, error.code)] : [];
  const failure = byId('failure', HTMLElement);
  failure.replaceChildren(element('span', {}, messageOf(error)), ...code);
  show(failure, true);
  clearAnswer();
  show(byId('result', HTMLElement), false);
  if (subject !== undefined) showPicture(subject, undefined);
}

function clearFailure(): void {
  show(byId('failure', HTMLElement), false);
  show(byId('result', HTMLElement), true);
}

function clearAnswer(): void {
  answered = undefined;
  byId('result', HTMLElement).replaceChildren(
    element('p', { class: 'muted' }, subject === undefined ? 'Nothing has been asked yet.' : 'Asking…'),
  );
  show(byId('times-card', HTMLElement), false);
  show(jsonCard, false);
  show(outputs, false);
}

function showJson(): void {
  if (!jsonCard.open || answered === undefined) return;
  const text = responseText(answered);
  const cut = text.length > MOST_JSON ? `${text.slice(0, MOST_JSON)}\n…` : text;
  byId('json', HTMLTextAreaElement).value = cut;
}

function responseText({ answer: { response } }: Answered): string {
  return JSON.stringify(response, null, 2);
}

async function copyJson(given: Answered): Promise<void> {
  await copy(responseText(given));
}

async function copyCurl({ model: asked, question, thresholds: chosen }: Answered): Promise<void> {
  const url = new URL(classifyPath(asked.id, question.kind, chosen), document.baseURI).href;
  const body = question.kind === 'image' ? { fileName: question.name } : { features: question.features };
  await copy(curlCommand({ url, hasKey: client.hasKey, body }));
}

async function downloadPicture({ subject: { name } }: Answered): Promise<void> {
  download(await stage.toPng(), `${name.replace(/\.[^.]*$/, '')}-annotated.png`);
}

async function handOver(how: (given: Answered) => Promise<void>, done: string): Promise<void> {
  if (answered === undefined) return;
  const toast = byId('toast', HTMLElement);
  try {
    await how(answered);
    setText(toast, done);
  } catch (error) {
    setText(toast, messageOf(error));
  }
  toast.classList.remove('shown');
  // Read, so that the animation begins anew.
  void toast.offsetWidth;
  toast.classList.add('shown');
}

function describeEmpty(title: string, hint: string): void {
  setText(byId('empty-title', HTMLElement), title);
  setText(byId('empty-hint', HTMLElement), hint);
}

function setBusy(by: 1 | -1): void {
  busy += by;
  show(byId('progress', HTMLElement), busy > 0);
  view.setAttribute('aria-busy', String(busy > 0));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function debounced(work: () => void, ms: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, ms);
  };
}

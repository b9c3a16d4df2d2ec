/** A camera for pages that read codes themselves: `getUserMedia` answers with a video that the test makes. */

import { readFile } from 'node:fs/promises';

import type { BrowserContext, Locator, Page } from '@playwright/test';

import { photograph } from './photograph.js';

/** A place on a page, a whole page, a picture's bytes, or its path. */
export type Picture = Locator | Page | Uint8Array | string;

/** What the camera is. */
export interface CameraOptions {
  width?: number;
  height?: number;
  /** Pictures a second. */
  fps?: number;
  /** As pages see it in the list of devices. */
  label?: string;
}

/** Why a page gets no camera, as browsers name it: the person says no, there is none, or another program has it. */
export type CameraRefusal = 'NotAllowedError' | 'NotFoundError' | 'NotReadableError';

/** A camera in every page of a context. */
export interface VirtualCamera {
  /** Holds an image, or an element of a page, before the camera. Switches at once, also while the video runs. */
  show(picture: Picture): Promise<void>;
  /** Holds nothing before it: the video goes on, grey. */
  clear(): Promise<void>;
  /** Refuses every request for the camera from now on, until a picture is shown or cleared. */
  refuse(why: CameraRefusal): Promise<void>;
}

/** What is before the camera: a picture in base64. */
interface View {
  picture?: string;
  refusal?: CameraRefusal;
}

/** Puts a virtual camera into a context. Call it before the page asks for a camera. */
export async function virtualCamera(context: BrowserContext, options: CameraOptions = {}): Promise<VirtualCamera> {
  let view: View = {};
  const settings = { width: 1280, height: 720, fps: 15, label: 'Fake camera', ...options };
  await context.exposeFunction('__fakeCameraView', () => view);
  await context.addInitScript(install, settings);
  // Pages may ask whether they may use a camera; not every browser lets a test say so.
  await context.grantPermissions(['camera']).catch(() => undefined);
  for (const page of context.pages()) {
    for (const frame of page.frames()) await frame.evaluate(install, settings).catch(() => undefined);
  }
  const change = async (next: View) => {
    const before = view;
    view = next;
    for (const page of context.pages()) {
      for (const frame of page.frames()) {
        // A page that is just being left has no need of it: its successor asks for the view itself.
        const wrong = await frame.evaluate((view) => (window as Film).__fakeCameraChange?.(view), view).catch(() => undefined);
        if (wrong === undefined) continue;
        view = before;
        throw new Error(`fake camera: this is no picture that a browser reads: ${wrong}\n  hint  PNG and JPEG are. Before the camera is what was there.`);
      }
    }
  };
  return {
    show: async (picture) => change({ picture: Buffer.from(await bytesOf(picture)).toString('base64') }),
    clear: () => change({}),
    refuse: (why) => change({ refusal: why }),
  };
}

const TIMEOUT_MS = 5_000;

async function bytesOf(picture: Picture): Promise<Uint8Array> {
  if (picture instanceof Uint8Array) return picture;
  if (typeof picture !== 'string') return (await photograph(picture, TIMEOUT_MS)).bytes;
  try {
    return await readFile(picture);
  } catch (cause) {
    const what = 'a camera sees pictures: a locator, a page, bytes, or the path of a picture';
    throw new Error(`fake camera: ${what}\n  found ${JSON.stringify(picture)}, which cannot be read: ${(cause as Error).message}`, { cause });
  }
}

type Film = Window & {
  __fakeCameraView?: () => Promise<View>;
  /** Gives what is wrong with the picture, which then is not shown. */
  __fakeCameraChange?: (view: View) => Promise<string | undefined>;
};

/** Runs in the page. */
function install({ width, height, fps, label }: Required<CameraOptions>): void {
  const film = window as Film;
  if (film.__fakeCameraChange) return;
  let picture: ImageBitmap | undefined;
  let refusal: CameraRefusal | undefined;

  film.__fakeCameraChange = async (view) => {
    let next: ImageBitmap | undefined;
    if (view.picture !== undefined) {
      const bytes = Uint8Array.from(atob(view.picture), (character) => character.charCodeAt(0));
      try {
        next = await createImageBitmap(new Blob([bytes]));
      } catch (error) {
        return (error as Error).message;
      }
    }
    [picture, refusal] = [next, view.refusal];
    return undefined;
  };

  const shoot = (): MediaStream => {
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const paper = canvas.getContext('2d', { alpha: false })!;
    const draw = () => {
      paper.fillStyle = '#808080';
      paper.fillRect(0, 0, width, height);
      if (!picture) return;
      // As large as it fits, and never enlarged to other than whole pixels: a screen in front of a camera.
      const fit = Math.min(width / picture.width, height / picture.height) * 0.94;
      const scale = fit >= 1 ? Math.floor(fit) : fit;
      const [w, h] = [picture.width * scale, picture.height * scale];
      paper.imageSmoothingEnabled = scale < 1;
      paper.drawImage(picture, Math.round((width - w) / 2), Math.round((height - h) / 2), w, h);
    };
    draw();
    const timer = setInterval(draw, 1_000 / fps);
    const stream = canvas.captureStream(fps);
    for (const track of stream.getTracks()) {
      const stop = track.stop.bind(track);
      track.stop = () => {
        clearInterval(timer);
        stop();
      };
      const settings = { ...track.getSettings(), deviceId: 'fake-camera', facingMode: 'environment', width, height, frameRate: fps };
      Object.defineProperties(track, { label: { value: label }, getSettings: { value: () => settings } });
    }
    return stream;
  };

  const refusals = {
    NotAllowedError: 'Permission denied',
    NotFoundError: 'Requested device not found',
    NotReadableError: 'Could not start video source',
  };
  const getUserMedia = async (wanted?: MediaStreamConstraints): Promise<MediaStream> => {
    if (!wanted?.video) throw new DOMException('there is a camera and no microphone', 'NotFoundError');
    const wrong = await film.__fakeCameraChange!((await film.__fakeCameraView?.()) ?? {});
    if (wrong !== undefined) throw new DOMException(`the fake camera was given no picture that a browser reads: ${wrong}`, 'NotReadableError');
    if (refusal) throw new DOMException(refusals[refusal], refusal);
    return shoot();
  };
  const device = { deviceId: 'fake-camera', groupId: 'fake-camera', kind: 'videoinput', label } as const;
  const enumerateDevices = async () => [{ ...device, toJSON: () => device }];

  // A page that is not a secure context has no mediaDevices at all, and gets some here. The others get theirs on the prototype:
  // WebKit may forget what was put on the object itself.
  const devices = navigator.mediaDevices ? MediaDevices.prototype : new EventTarget();
  if (!navigator.mediaDevices) Object.defineProperty(navigator, 'mediaDevices', { value: devices });
  Object.defineProperties(devices, { getUserMedia: { value: getUserMedia }, enumerateDevices: { value: enumerateDevices } });
}

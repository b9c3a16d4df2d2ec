/** A camera for pages that read codes themselves: `getUserMedia` answers with a film that the test makes. */

import type { BrowserContext } from '@playwright/test';

import { CamtokenError } from './http.js';
import { photograph, type Picture } from './picture.js';

/** What the camera is. */
export interface CameraOptions {
  width?: number;
  height?: number;
  /** Pictures a second. */
  fps?: number;
  /** As pages see it in the list of devices. */
  label?: string;
}

/** A camera in every page of a context. */
export interface VirtualCamera {
  /** Holds a picture, or what stands at a place on a page, before the camera. Switches at once, also in mid film. */
  show(picture: Picture): Promise<void>;
  /** Holds nothing before it: the film goes on, grey. */
  clear(): Promise<void>;
}

/** Puts a virtual camera into a context. Call it before the page asks for a camera. */
export async function virtualCamera(context: BrowserContext, options: CameraOptions = {}): Promise<VirtualCamera> {
  let current: string | null = null;
  const settings = { width: 1280, height: 720, fps: 15, label: 'camtoken virtual camera', ...options };
  await context.exposeFunction('__camtokenPicture', () => current);
  await context.addInitScript(install, settings);
  // Pages may ask whether they may use a camera; not every browser lets a test say so.
  await context.grantPermissions(['camera']).catch(() => undefined);
  for (const page of context.pages()) {
    for (const frame of page.frames()) await frame.evaluate(install, settings).catch(() => undefined);
  }
  const tell = async () => {
    for (const page of context.pages()) {
      for (const frame of page.frames()) {
        // A page that is just being left has no need of it: its successor asks for the picture itself.
        await frame.evaluate((picture) => (window as Film).__camtokenShow?.(picture), current).catch(() => undefined);
      }
    }
  };
  return {
    async show(picture) {
      const { bytes } = await photograph(picture, 5_000);
      if (typeof bytes === 'string') {
        throw new CamtokenError('camtoken: a camera sees pictures, and this is the text of a code\n  hint  Show a picture of it: challenge.png().');
      }
      current = Buffer.from(bytes).toString('base64');
      await tell();
    },
    async clear() {
      current = null;
      await tell();
    },
  };
}

type Film = Window & {
  __camtokenPicture?: () => Promise<string | null>;
  __camtokenShow?: (picture: string | null) => Promise<void>;
};

/** Runs in the page. */
function install({ width, height, fps, label }: Required<CameraOptions>): void {
  const film = window as Film;
  if (film.__camtokenShow) return;
  let picture: ImageBitmap | undefined;

  film.__camtokenShow = async (base64) => {
    if (base64 === null) {
      picture = undefined;
      return;
    }
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    picture = await createImageBitmap(new Blob([bytes]));
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
      Object.defineProperty(track, 'label', { value: label });
    }
    return stream;
  };

  const getUserMedia = async (wanted?: MediaStreamConstraints): Promise<MediaStream> => {
    if (!wanted?.video) throw new DOMException('there is a camera and no microphone', 'NotFoundError');
    await film.__camtokenShow!((await film.__camtokenPicture?.()) ?? null);
    return shoot();
  };
  const device = { deviceId: 'camtoken', groupId: 'camtoken', kind: 'videoinput', label } as const;
  const enumerateDevices = async () => [{ ...device, toJSON: () => device }];

  // A page that is not a secure context has no mediaDevices at all, and gets some here.
  const devices = navigator.mediaDevices ?? new EventTarget();
  if (!navigator.mediaDevices) Object.defineProperty(navigator, 'mediaDevices', { value: devices });
  Object.defineProperties(devices, { getUserMedia: { value: getUserMedia }, enumerateDevices: { value: enumerateDevices } });
}

/**
 * A fake webcam for Playwright tests of pages that scan by themselves.
 *
 * ```ts
 * import { virtualCamera } from '@camtoken/fake-camera';
 *
 * const camera = await virtualCamera(context); // before the page asks for a camera
 * await camera.show('ticket.png');
 * ```
 *
 * @packageDocumentation
 */

export { virtualCamera, type CameraOptions, type CameraRefusal, type Picture, type VirtualCamera } from './camera.js';
export { photograph, type Photograph } from './photograph.js';

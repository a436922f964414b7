/** The sound of a telephone that rings: two tones for a second, then two seconds of silence. */

const TONES_HZ = [425, 450];
const LOUDNESS = 0.1;
const PERIOD_S = 3;
const LONGEST_S = 120;

export class Ring {
  #context: AudioContext | undefined;

  /** Ring until it is stopped, as far as the browser lets a page make a sound. */
  start(): void {
    this.stop();
    const context = (this.#context = new AudioContext());
    const loudness = context.createGain();
    for (let at = 0; at < LONGEST_S; at += PERIOD_S) {
      loudness.gain.setValueAtTime(LOUDNESS, at);
      loudness.gain.setValueAtTime(0, at + 1);
    }
    loudness.connect(context.destination);
    for (const hertz of TONES_HZ) {
      const tone = context.createOscillator();
      tone.frequency.value = hertz;
      tone.connect(loudness);
      tone.start();
    }
  }

  stop(): void {
    void this.#context?.close();
    this.#context = undefined;
  }
}

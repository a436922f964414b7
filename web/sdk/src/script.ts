/** Entry of `taskrouter.min.js`, for a script tag. */

import { install, type ScriptTag, type Surroundings } from "./script_tag.js";

install(globalThis as unknown as Surroundings, document.currentScript as ScriptTag);

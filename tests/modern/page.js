// A page's side, for a bundler: the same as in Node, called by the test through the browser.
window.inside = require("./inside.js")(require("twilio-taskrouter"));

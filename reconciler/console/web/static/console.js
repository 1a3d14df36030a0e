// What the script adds to pages that work without it. Each part is a file of its own and needs nothing of the others.
import { startAges } from "./ages.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startSignIn } from "./sign_in.js";
import { startTheme } from "./themes.js";

startTheme();
startSignIn();
startKeys();
startAges();
startLive();

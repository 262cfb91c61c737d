#!/usr/bin/env node
// The command `pgpack`. Plain JavaScript, so that a Node.js that is too old says so in one line
// instead of failing on the syntax of the program.

import fs from 'node:fs';
import { setFlagsFromString } from 'node:v8';

const needed = 24;
const version = process.versions.node;

if (Number(version.split('.')[0]) < needed) {
  process.stderr.write(
    `pgpack needs Node.js ${needed} or newer, this is ${version}: ` +
      'run it by npx or, in a checkout, by "npm start --", which bring their own.\n',
  );
  process.exit(1);
}

// See src/common/young-generation.ts.
setFlagsFromString('--semi-space-growth-factor=1');

// An installed package holds JavaScript, as Node.js strips no types under node_modules; a checkout
// that was not built runs from its sources.
const built = new URL('../dist/cli.js', import.meta.url);
const isInstalled = import.meta.url.includes('/node_modules/');
const hasSources = fs.existsSync(new URL('../src/cli.ts', import.meta.url));

import(isInstalled || !hasSources ? built.href : '../src/cli.ts');

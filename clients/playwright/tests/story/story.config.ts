import { defineConfig } from '@playwright/test';

export default defineConfig({ testMatch: 'told.ts', workers: 1, reporter: 'json', outputDir: process.env['STORY_OUT']! });

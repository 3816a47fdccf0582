# The operator's image: one bundle, no shell needed, uid 65532. `make image` builds it; so does a
# plain `docker build .`, with BuildKit or without. Both base images are arguments:
#   BUILD_IMAGE    Node.js 24 with npm, sh and find
#   RUNTIME_IMAGE  Node.js 24, on the PATH or in /nodejs/bin
# A package registry of your own: --build-arg NPM_CONFIG_REGISTRY=https://…
ARG BUILD_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian12

FROM ${BUILD_IMAGE} AS packages
ARG NPM_CONFIG_REGISTRY
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The bundle holds their code; their licences and names stay beside it, for people and for scanners.
# npm's own way to leave packages out of an SBOM (--omit=dev) also drops those that both halves need.
RUN npm ci --omit=dev --omit=optional --loglevel=error \
 && npm pkg delete devDependencies optionalDependencies \
 && npm sbom --sbom-format=cyclonedx --sbom-type=application >sbom.cdx.json \
 && find node_modules ! -type d ! -iname '*licen[cs]e*' ! -iname 'copying*' ! -iname 'notice*' ! -name package.json ! -name .package-lock.json -delete \
 && find node_modules -type d -empty -delete

FROM ${BUILD_IMAGE} AS build
ARG NPM_CONFIG_REGISTRY
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=optional --loglevel=error
COPY tsconfig.json tsconfig.build.json rolldown.config.ts ./
COPY src src
RUN npm run --silent build

FROM ${RUNTIME_IMAGE}
WORKDIR /app
COPY LICENSE package.json ./
COPY --from=packages /app/sbom.cdx.json ./
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="nodefleet" \
      org.opencontainers.image.description="A Kubernetes operator for fleets of stateful members" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# hack/operator-command.ts has both too.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/nodejs/bin
USER 65532:65532
ENTRYPOINT ["node", "--max-semi-space-size=4", "dist/main.js"]

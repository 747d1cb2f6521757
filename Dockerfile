FROM python:3.11-slim

# tini reaps the processes that Ray starts and hands SIGTERM on, so that a stop drains and flushes.
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY engine ./engine
COPY persistence ./persistence
COPY actors ./actors
COPY gateway ./gateway
COPY simulator ./simulator
COPY cli ./cli
RUN pip install --no-cache-dir -c constraints.txt .

RUN useradd --create-home --uid 10001 sessiond && install -d -o sessiond /data
USER sessiond
VOLUME /data

# A container's loopback is reached by nobody, so it listens on every address of its own network. There are no keys:
# publish the port on loopback (-p 127.0.0.1:8080:8080) and let nothing else into that network.
ENV SESSIOND_DATA_DIR=/data \
    SESSIOND_SERVER__HOST=0.0.0.0 \
    SESSIOND_SERVER__INSECURE=true
EXPOSE 8080

HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/health', timeout=4)"]

STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "--", "sessiond"]
CMD ["serve"]

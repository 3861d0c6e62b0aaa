# The service with its models baked in; it starts with the network off. Build: docker build -t citewell .
FROM python:3.11-slim-bookworm

# Plain torch on Linux is a CUDA build of several GB. An index of CPU builds makes the image small:
#   docker build --build-arg TORCH_INDEX=<address of an index of CPU builds> -t citewell .
ARG TORCH_INDEX=

WORKDIR /app
COPY . .
RUN useradd --system --uid 10001 --home-dir /data --create-home citewell \
 && PIP_NO_CACHE_DIR=1 TORCH_INDEX="$TORCH_INDEX" python set_up.py

USER citewell
ENV CITEWELL_HOST=0.0.0.0 CITEWELL_ARCHIVE=/data/archive HAYSTACK_TELEMETRY_ENABLED=False
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD [".venv/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD [".venv/bin/citewell", "serve"]

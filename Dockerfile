# The service with its models baked in; it starts with the network off. Build: docker build -t citewell .
FROM python:3.11-slim-bookworm

# Plain torch on Linux is a CUDA build of several GB. An index of CPU builds makes the image small:
#   docker build --build-arg TORCH_INDEX=<address of an index of CPU builds> -t citewell .
ARG TORCH_INDEX=

# The one folder that is written to, beside /tmp; everything under /app stays root's.
RUN useradd --no-log-init --system --uid 10001 --user-group --home-dir /data --create-home citewell

WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.cache/pip \
    TORCH_INDEX="$TORCH_INDEX" python set_up.py

USER 10001
ENV CITEWELL_ARCHIVE=/data/archive \
    CITEWELL_HOST=0.0.0.0 \
    HAYSTACK_TELEMETRY_ENABLED=False \
    HOME=/data \
    ORT_DISABLE_TELEMETRY=1 \
    PATH=/app/.venv/bin:$PATH
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["citewell", "serve"]

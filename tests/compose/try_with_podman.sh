#!/usr/bin/env bash
# Really build the images of docker-compose.yml and bring the services up, where no Docker engine runs.
#
# Needs root on Debian (podman, buildah, runc, catatonit, netavark, aardvark-dns, debootstrap, Java, Maven). No image can
# be assumed to be downloadable, so the base images are made here from Debian packages and Maven: the same
# software (Python, Apache Kafka, PostgreSQL, Caddy) under the names that docker-compose.yml uses. Our own Dockerfiles
# are used unchanged, and the compose file but for one detail named below. Waits for each service's own health check,
# has example plans computed through the API, through the proxy, on the cluster, and while broker and database start
# again, and takes everything down.
#
# Usage: tests/compose/try_with_podman.sh [FOLDER]      FOLDER keeps the base system between two runs.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/zorgstroom/compose}
tools=$root/.venv-tools/bin
project=zorgstroom-try

unable() {
  echo "compose: $1" >&2
  [[ -z ${ZORGSTROOM_REQUIRE_REAL:-} ]] || exit 1
  echo "compose: not tried on this machine."
  exit 0
}
[[ $(id -u) == 0 ]] || unable "needs root"
for program in podman buildah runc catatonit debootstrap java mvn; do
  command -v "$program" >/dev/null || unable "needs $program (apt-get install podman buildah runc catatonit netavark aardvark-dns debootstrap default-jre-headless maven)"
done
mkdir -p "$work"

# Settings of this try only: nothing of the machine's own containers is touched.
export CONTAINERS_CONF=$work/containers.conf CONTAINERS_STORAGE_CONF=$work/storage.conf
cat > "$CONTAINERS_CONF" <<CONF
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
CONF
cat > "$CONTAINERS_STORAGE_CONF" <<CONF
[storage]
driver = "vfs"
runroot = "$work/run"
graphroot = "$work/graph"
CONF

build() { # build TAG CONTEXT FILE
  echo "compose: building $1"
  buildah bud --quiet --format docker --isolation chroot --network host --pull-never \
    --volume /etc/ssl/certs:/etc/ssl/certs:ro --tag "$1" --file "$3" "$2" >/dev/null
}
image_of() { sed -n "/^  $1:/,/^  [a-z]/s/^ *image: //p" "$root/docker-compose.yml" | head -n 1; }

# 1. The base system, once for each list of packages.
packages=python3,python3-venv,ca-certificates,openjdk-17-jre-headless,postgresql,busybox,libcap2-bin
base=$work/base-$(sha256sum <<< "$packages" | cut -c 1-8).tar
if [[ ! -f $base ]]; then
  echo "compose: making the base system"
  rm -rf "$work/rootfs" "$work"/base*.tar
  debootstrap --variant=minbase --include="$packages" bookworm "$work/rootfs" > "$work/debootstrap.log" 2>&1
  ln -sf /usr/bin/python3 "$work/rootfs/usr/local/bin/python"
  ln -sf /bin/busybox "$work/rootfs/usr/local/bin/wget"
  rm -rf "$work/rootfs"/var/cache/apt/archives/*.deb "$work/rootfs"/var/lib/apt/lists/*
  tar -C "$work/rootfs" -cf "$base.part" . && mv "$base.part" "$base"
  rm -rf "$work/rootfs"
fi
python_image=$(sed -n 's/^ARG PYTHON_IMAGE=//p' "$root/services/api/Dockerfile")
mkdir -p "$work/python" "$work/kafka" "$work/postgres" "$work/caddy"
ln -f "$base" "$work/python/base.tar"
printf 'FROM scratch\nADD base.tar /\nENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin\n' > "$work/python/Containerfile"
build "$python_image" "$work/python" "$work/python/Containerfile"

# 2. Kafka: the broker of the tests, with the paths and KAFKA_* variables of the official image.
for pom in kafka_broker compose; do
  mvn -q -B -f "$root/tests/$pom/pom.xml" dependency:copy-dependencies \
    -DoutputDirectory="$work/kafka/libs" -DincludeScope=runtime
done
cp "$root/tests/kafka_broker/log4j2.properties" "$root/tests/compose/kafka-launch" "$work/kafka/"
cat > "$work/kafka/Containerfile" <<CONF
FROM $python_image
RUN useradd --uid 1000 --user-group kafka && install -d -o 1000 -g 1000 /var/lib/kafka/data && install -d -m 1777 /opt/kafka/config /opt/kafka/logs
COPY libs /opt/kafka/libs
COPY log4j2.properties /etc/kafka/log4j2.properties
COPY --chmod=755 kafka-launch /opt/kafka/bin/launch
RUN ln -s launch /opt/kafka/bin/kafka-broker-api-versions.sh
USER 1000:1000
CMD ["/opt/kafka/bin/launch"]
CONF
build "$(image_of kafka)" "$work/kafka" "$work/kafka/Containerfile"

# 3. PostgreSQL of Debian, started as the official image starts it.
cp "$root/tests/compose/postgres-launch" "$work/postgres/"
cat > "$work/postgres/Containerfile" <<CONF
FROM $python_image
COPY --chmod=755 postgres-launch /usr/local/bin/launch
RUN groupadd --gid 999 pg999 && useradd --uid 999 --gid 999 --home-dir /var/lib/postgresql pg999 \
 && install -d -o 999 -g 999 /var/lib/postgresql/data && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/ 2>/dev/null || true
ENV PGHOST=/tmp LANG=C.UTF-8
STOPSIGNAL SIGINT
USER 999:999
CMD ["/usr/local/bin/launch"]
CONF
build "$(image_of postgres)" "$work/postgres" "$work/postgres/Containerfile"

# 4. Caddy as the official image has it: with the right to open low ports.
cp "$tools/caddy" "$work/caddy/"
printf 'FROM %s\nCOPY --chmod=755 caddy /usr/bin/caddy\nRUN setcap cap_net_bind_service=+ep /usr/bin/caddy\n' "$python_image" > "$work/caddy/Containerfile"
build "$(sed -n 's/^FROM //p' "$root/deploy/proxy/Dockerfile")" "$work/caddy" "$work/caddy/Containerfile"

# 5. Our own images, from our own Dockerfiles.
for service in simulator api ui; do
  build "docker.io/library/zorgstroom-$service" "$root" "$root/services/$service/Dockerfile"
done
build docker.io/library/zorgstroom-proxy "$root/deploy/proxy" "$root/deploy/proxy/Dockerfile"
base_size=$(podman image inspect "$python_image" --format '{{.Size}}')
for service in simulator api ui; do
  size=$(podman image inspect "docker.io/library/zorgstroom-$service" --format '{{.Size}}')
  echo "compose: zorgstroom-$service is $(((size - base_size) / 1000000)) MB on top of its base image"
done

# 6. Up, one after another: each waits for the health check of what it needs.
# Timers for health checks need systemd, so this script asks for them itself. Debian's podman does not know the
# owner of a temporary file system; the base images above open these folders to everybody instead.
sed -E 's/,uid=[0-9]+,gid=[0-9]+/,mode=1777/' "$root/docker-compose.yml" > "$work/docker-compose.yml"
ln -sfn "$root/deploy" "$work/deploy"
# Other ports than usual, so that a Zorgstroom that runs on this machine is not in the way.
sed -E 's/^(\w+_PORT)=(.*)/\1=2\2/' "$root/.env.example" > "$work/env"
compose() { "$tools/podman-compose" --in-pod false -p "$project" --env-file "$work/env" -f "$work/docker-compose.yml" --profile proxy --profile cluster "$@"; }
containers() { podman ps -a --filter "label=com.docker.compose.service=$1" --filter "label=com.docker.compose.project=$project" --format '{{.Names}}'; }
down() { # one that keeps starting again is in the way of the rest
  podman ps -aq --filter "label=com.docker.compose.project=$project" | xargs -r podman rm --force --time 5 >> "$work/compose.log" 2>&1 || true
  compose down --volumes --timeout 5 >> "$work/compose.log" 2>&1 || true
}
port() { sed -n "s/^$1_PORT=//p" "$work/env"; }
wait_for() { # wait_for SERVICE: until all its containers are healthy
  local container
  for container in $(containers "$1"); do
    for attempt in $(seq 90); do
      podman healthcheck run "$container" >/dev/null 2>&1 && break
      if [[ $attempt == 90 ]]; then
        echo "compose: $1 does not become healthy" >&2
        podman logs --tail 30 "$container" >&2 || true
        exit 1
      fi
      sleep 2
    done
  done
}
start() { # start SERVICE [OPTION...]
  echo "compose: starting $*"
  compose up -d --no-build --no-deps "${@:2}" "$1" >> "$work/compose.log" 2>&1 || { tail -n 5 "$work/compose.log" >&2; exit 1; }
  wait_for "$1"
}
compute() { "$tools/python" "$root/tests/compose/compute_example.py" "$@"; }
trap down EXIT
down
for service in kafka postgres simulator api ui proxy; do start "$service"; done

# 7. Plans through the running services, from request to result: straight, and at the one address of the proxy.
echo "compose: computing an example"
compute "http://127.0.0.1:$(port API)"
echo "compose: the same through the proxy"
podman exec "$(containers proxy)" cat /data/caddy/pki/authorities/local/root.crt > "$work/authority.crt"
SSL_CERT_FILE=$work/authority.crt compute "https://localhost:$(port PROXY)" --seeds 2 --screens

# 8. Broker and database start again while runs are asked for and computed: what was accepted is completed.
echo "compose: computing while the broker and the database start again"
compute "http://127.0.0.1:$(port API)" --seeds "$(seq -s, 101 140)" &
asking=$!
for service in postgres kafka postgres; do
  sleep 3
  podman restart --time 10 "$(containers "$service")" >> "$work/compose.log" 2>&1
  wait_for "$service"
done
wait "$asking"

# 9. On the cluster, with two simulators.
sed -i 's|^ZORGSTROOM_COMPUTE_URL=.*|ZORGSTROOM_COMPUTE_URL=tcp://dask-scheduler:8786|' "$work/env"
start dask-scheduler
start dask-worker --scale dask-worker=2
for container in $(containers simulator); do podman rm --force --time 10 "$container" > /dev/null; done
start simulator --scale simulator=2
echo "compose: computing on the cluster"
compute "http://127.0.0.1:$(port API)" --seeds 21,22,23,24
tasks=$(podman exec "$(containers dask-scheduler)" python -c '
from distributed import Client
with Client("tcp://127.0.0.1:8786", timeout=20) as client:
    done = client.run_on_scheduler(lambda dask_scheduler: sum(step[2] == "memory" for step in dask_scheduler.transition_log))
    print(len(client.scheduler_info()["workers"]), done)')
read -r workers done <<< "$tasks"
echo "compose: $workers workers did $done tasks"
((workers == 2 && done >= 4))

# 10. Nothing runs as root, or can write where it should not.
for service in kafka postgres simulator api ui proxy dask-scheduler dask-worker; do
  for container in $(containers "$service"); do
    test "$(podman inspect "$container" --format '{{.HostConfig.ReadonlyRootfs}}')" = true
    test "$(podman exec "$container" id -u)" != 0
    test "$(podman inspect "$container" --format '{{len .EffectiveCaps}}')" = 0
  done
done
echo "compose: all services were built, started and healthy, and computed plans together."

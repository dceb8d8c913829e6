# Debian packages, in one place. Sourced by ./run and ./test.
#   build_packages   what compiling needs
#   sample_packages  what `./run --samples` needs beside
#   test_packages    what the tests need beside

build_packages=(
  build-essential cmake ninja-build ccache pkg-config
  libboost1.81-dev libboost-json1.81-dev libexpected-dev libfmt-dev libspdlog-dev
  libssl-dev zlib1g-dev libzstd-dev libcurl4-openssl-dev libsqlite3-dev libicu-dev libpugixml-dev
  libpng-dev libgif-dev
  libcli11-dev libtomlplusplus-dev prometheus-cpp-dev libgtest-dev libgmock-dev python3
)
sample_packages=(python3-venv)
test_packages=(
  python3-venv curl dcmtk openssl procps clang-format-14 clang-tidy-14 clang-14 libclang-rt-14-dev llvm-14 chromium
  nodejs npm openjdk-17-jdk-headless maven
)

# install_missing PACKAGE...: installs those that are absent; touches nothing when all are there.
install_missing() {
  local missing=() package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  echo "installing: ${missing[*]}" >&2
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# node and npm count as present however they were installed.
have_node() { command -v node >/dev/null && command -v npm >/dev/null; }

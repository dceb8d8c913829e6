#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "http/exchange.h"

namespace isocenter::http {

/// Settings of the listener; the names are those of the configuration file.
struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;  ///< 0: the system chooses, see Server::port()
    std::size_t io_threads = 2;
    std::size_t max_connections = 4096;
    std::size_t max_header_bytes = 64 * 1024;
    std::size_t max_target_bytes = 64 * 1024;  ///< longer: 414
    std::uint64_t max_body_bytes = 0;          ///< 0: no limit; more: 413
    std::uint64_t max_drain_bytes =
        8 * 1024 * 1024;  ///< of a refused request's body, so that its sender sees the answer
    std::chrono::milliseconds header_timeout{30'000};
    std::chrono::milliseconds body_timeout{60'000};   ///< without a byte of the body arriving
    std::chrono::milliseconds write_timeout{60'000};  ///< without a byte of the response leaving
    std::chrono::milliseconds keep_alive_timeout{75'000};
    std::string tls_certificate_file;  ///< PEM; with the key: HTTPS on this port, TLS 1.2 or newer
    std::string tls_key_file;
    std::string public_base_url;               ///< overrides what requests say; no trailing '/'
    std::vector<std::string> trusted_proxies;  ///< addresses whose Forwarded and X-Forwarded-* are believed
    std::vector<std::string> cors_origins;     ///< exact origins, or "*"
    std::vector<std::string> cors_headers;     ///< allowed besides the built-in ones
    bool compress = true;                      ///< gzip/zstd of JSON, XML and text when asked for
    bool request_log = true;
};

/// An HTTP/1.1 server that knows no DICOM. start() binds and returns. Thread-safe but for start/stop, which
/// the owner calls.
class Server {
  public:
    /// `decide_access` answers an error (unauthenticated, forbidden) or success for a matched route. It is
    /// called on an io thread: it must not block.
    using AccessDecision = std::function<Status(const Request&, Access)>;
    Server(ServerOptions options, std::vector<Mount> mounts, AccessDecision decide_access, Metrics& metrics);
    /// As stop() without grace, but waits for lanes as long as their tasks take: destroy the server before
    /// its lanes, and end the process without destroying it when stop() said that a task is stuck.
    ~Server();
    Status start();
    std::uint16_t port() const;
    /// Refuses new connections, closes idle ones, lets requests under way end within the grace period, then
    /// closes their connections. A task that a lane has begun cannot be ended from outside: after two further
    /// seconds stop() gives up on it and returns false; it may be called again.
    bool stop(std::chrono::milliseconds grace);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace isocenter::http

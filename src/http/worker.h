#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <vector>

#include "http/service.h"

namespace isocenter::http {

class Connection;

/// Large buffers for bodies, reused: fresh memory of this size costs page faults. Thread-safe.
class BufferPool {
  public:
    static constexpr std::size_t kBytes = 256 * 1024;
    using Buffer = std::unique_ptr<char[]>;
    Buffer take();
    void give_back(Buffer buffer);

  private:
    std::mutex mutex_;
    std::vector<Buffer> free_;
};

/// What all connections of a server share.
struct ServerShared {
    ServerShared(ServerOptions server_options, std::vector<Mount> mounts, Server::AccessDecision decide,
                 Metrics& metrics)
        : options(std::move(server_options)),
          service(options, std::move(mounts), std::move(decide), metrics) {}

    const ServerOptions options;
    const Service service;
    BufferPool buffers;
    std::optional<boost::asio::ssl::context> tls;

    std::mutex mutex;
    std::condition_variable changed;
    std::size_t connections = 0;  ///< guarded by mutex
};

/// What the connections of one io thread share; belongs to that thread.
struct Worker {
    explicit Worker(boost::asio::io_context& io) : loop(io), sweep(io) {}
    boost::asio::io_context& loop;
    boost::asio::steady_timer sweep;
    std::unordered_set<Connection*> connections;
    bool draining = false;  ///< no further request is begun
};

}  // namespace isocenter::http

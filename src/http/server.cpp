#include "http/server.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <future>
#include <optional>

#include "base/log.h"
#include "http/connection.h"
#include "http/worker.h"
#include "net/io_threads.h"
#include "net/tls.h"

namespace isocenter::http {
namespace asio = boost::asio;
using asio::ip::tcp;
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
/// How long stop() waits, after the grace period, for what lanes still do.
constexpr std::chrono::seconds kAbortWait{2};

/// Between two log lines about connections that cannot be taken: tries are many.
constexpr std::chrono::seconds kAcceptLogInterval{10};

/// Written by hand: nothing of the request has been read, and nothing of the server may be used for it.
std::string busy_answer() {
    static constexpr std::string_view kMessage = "The server has too many connections at the moment.";
    return "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Type: text/plain; "
           "charset=utf-8\r\nContent-Length: " +
           std::to_string(kMessage.size()) + "\r\nConnection: close\r\n\r\n" + std::string(kMessage);
}

/// Answers 503 as far as that is possible without waiting.
void turn_away(int fd) {
    const std::string answer = busy_answer();
    static_cast<void>(::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
    static_cast<void>(::shutdown(fd, SHUT_WR));
    // A close with unread bytes makes the kernel reset the connection, which may take the answer away.
    std::array<char, 4096> unread;
    for (int i = 0; i < 16 && ::recv(fd, unread.data(), unread.size(), MSG_DONTWAIT) > 0; ++i) {
    }
}

/// Deadlines are enforced by a sweep over all connections of a thread: cheaper than a timer for every wait.
std::chrono::milliseconds sweep_interval(const ServerOptions& options) {
    const auto shortest = std::min(
        {options.header_timeout, options.body_timeout, options.write_timeout, options.keep_alive_timeout});
    return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(500));
}

asio::awaitable<void> sweep(Worker& worker, std::chrono::milliseconds interval,
                            const std::atomic<bool>& ended) {
    while (!ended) {
        worker.sweep.expires_after(interval);
        co_await worker.sweep.async_wait(kTuple);
        const auto now = Stream::Clock::now();
        for (Connection* connection : worker.connections)
            connection->look_after(now);
    }
}

void log_escape(const std::exception_ptr& error) {
    try {
        if (error) std::rethrow_exception(error);
    } catch (const std::exception& e) {
        log_event(LogLevel::error, "coroutine_failed", {{"what", e.what()}});
    }
}

}  // namespace

struct Server::State {
    State(ServerOptions options, std::vector<Mount> mounts, AccessDecision decide, Metrics& metrics)
        : shared(std::move(options), std::move(mounts), std::move(decide), metrics),
          open_connections(metrics.gauge("isocenter_http_connections", "Open connections.").Add({})),
          threads(shared.options.io_threads),
          acceptor(threads.loop(0)) {
        for (std::size_t i = 0; i < threads.count(); ++i)
            workers.push_back(std::make_unique<Worker>(threads.loop(i)));
    }

    Status listen();
    asio::awaitable<void> accept();
    void admit(Worker& worker, tcp::socket socket);
    void count(int change);
    bool wait_until_empty(std::chrono::milliseconds most);
    /// Ends every connection; false when some are still there after kAbortWait.
    bool abort_all();
    std::size_t open_count();
    /// Runs `task` on each loop and returns when all have.
    void on_every_loop(const std::function<void(Worker&)>& task);

    ServerShared shared;
    prometheus::Gauge& open_connections;
    net::IoThreads threads;
    std::vector<std::unique_ptr<Worker>> workers;
    tcp::acceptor acceptor;
    std::uint16_t port = 0;
    std::atomic<bool> stopping{false};
    std::atomic<bool> ended{false};
    bool running = false;
};

Status Server::State::listen() {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(shared.options.address, error);
    if (error) return fail(ErrorCode::invalid_request, shared.options.address + " is no IP address");
    const tcp::endpoint endpoint(address, shared.options.port);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(SOMAXCONN, error);
    if (error)
        return fail(ErrorCode::unavailable, "cannot listen on " + shared.options.address + ", port " +
                                                std::to_string(shared.options.port) + ": " + error.message());
    port = acceptor.local_endpoint(error).port();
    return {};
}

void Server::State::count(int change) {
    {
        const std::lock_guard lock(shared.mutex);
        shared.connections = change > 0 ? shared.connections + 1 : shared.connections - 1;
        open_connections.Set(static_cast<double>(shared.connections));
    }
    shared.changed.notify_all();
}

asio::awaitable<void> Server::State::accept() {
    asio::steady_timer pause(threads.loop(0));
    std::optional<std::chrono::steady_clock::time_point> logged;
    for (std::size_t next = 0; !stopping; ++next) {
        Worker& worker = *workers[next % workers.size()];
        auto [error, socket] = co_await acceptor.async_accept(worker.loop, kTuple);
        if (stopping) co_return;
        if (!error) {
            admit(worker, std::move(socket));
            continue;
        }
        // Out of descriptors, as a rule: they come back.
        const auto now = std::chrono::steady_clock::now();
        if (!logged || now - *logged >= kAcceptLogInterval) {
            log_event(LogLevel::error, "accept_failed",
                      {{"detail", error.message()}, {"connections", std::uint64_t{open_count()}}});
            logged = now;
        }
        pause.expires_after(std::chrono::milliseconds(50));
        co_await pause.async_wait(kTuple);
    }
}

void Server::State::admit(Worker& worker, tcp::socket socket) {
    bool full = false;
    {
        const std::lock_guard lock(shared.mutex);
        full = shared.connections >= shared.options.max_connections;
    }
    if (full) {
        if (!shared.tls) turn_away(socket.native_handle());
        return;
    }
    count(+1);
    auto connection = std::make_shared<Connection>(shared, worker, std::move(socket));
    asio::co_spawn(worker.loop, Connection::run(std::move(connection)),
                   [this](const std::exception_ptr& error) {
                       log_escape(error);
                       count(-1);
                   });
}

bool Server::State::wait_until_empty(std::chrono::milliseconds most) {
    std::unique_lock lock(shared.mutex);
    return shared.changed.wait_for(lock, most, [this] { return shared.connections == 0; });
}

bool Server::State::abort_all() {
    const auto end = std::chrono::steady_clock::now() + kAbortWait;
    const auto abort_here = [](Worker& worker) {
        for (Connection* connection : worker.connections)
            connection->abort();
    };
    // Again and again: a connection may have been between two waits, and lanes end what they began.
    do {
        on_every_loop(abort_here);
        if (wait_until_empty(std::chrono::milliseconds(20))) return true;
    } while (std::chrono::steady_clock::now() < end);
    return false;
}

std::size_t Server::State::open_count() {
    const std::lock_guard lock(shared.mutex);
    return shared.connections;
}

void Server::State::on_every_loop(const std::function<void(Worker&)>& task) {
    for (const auto& worker : workers) {
        const auto done = std::make_shared<std::promise<void>>();
        asio::post(worker->loop, [&task, done, here = worker.get()] {
            task(*here);
            done->set_value();
        });
        done->get_future().wait();
    }
}

Server::Server(ServerOptions options, std::vector<Mount> mounts, AccessDecision decide_access,
               Metrics& metrics)
    : state_(std::make_unique<State>(std::move(options), std::move(mounts), std::move(decide_access),
                                     metrics)) {}

Server::~Server() {
    while (!stop(std::chrono::milliseconds(0))) {
        // Tasks of lanes hold the connections that began them: they cannot be destroyed under them.
    }
}

Status Server::start() {
    State& state = *state_;
    const ServerOptions& options = state.shared.options;
    // sendfile knows no MSG_NOSIGNAL: a client that leaves midway would end the process.
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
    if (options.tls_certificate_file.empty() != options.tls_key_file.empty())
        return fail(ErrorCode::invalid_request, "TLS needs both a certificate and a key");
    if (!options.tls_certificate_file.empty()) {
        ISO_TRY(net::SslContext context,
                net::make_server_tls(options.tls_certificate_file, options.tls_key_file));
        state.shared.tls.emplace(context.release());
    }
    ISO_CHECK(state.listen());
    asio::co_spawn(state.threads.loop(0), state.accept(), log_escape);
    for (const auto& worker : state.workers)
        asio::co_spawn(worker->loop, sweep(*worker, sweep_interval(options), state.ended), log_escape);
    state.running = true;
    state.threads.start();
    return {};
}

std::uint16_t Server::port() const {
    return state_->port;
}

bool Server::stop(std::chrono::milliseconds grace) {
    State& state = *state_;
    if (!state.running) return true;
    state.stopping = true;
    asio::post(state.threads.loop(0), [&state] {
        boost::system::error_code ignored;
        state.acceptor.close(ignored);
    });
    state.on_every_loop([](Worker& worker) {
        worker.draining = true;
        for (Connection* connection : worker.connections)
            connection->close_if_idle();
    });
    if (!state.wait_until_empty(grace) && !state.abort_all()) {
        log_event(LogLevel::error, "stop_incomplete", {{"connections", state.open_count()}});
        return false;
    }
    state.ended = true;
    state.on_every_loop([](Worker& worker) { worker.sweep.cancel(); });
    state.threads.stop();
    state.running = false;
    return true;
}

}  // namespace isocenter::http

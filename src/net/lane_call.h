#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>

#include "net/lane.h"

namespace isocenter::net {

/// Runs one task at a time on a lane for a coroutine that lives on an io thread; the coroutine may do other
/// things between start and wait. Belongs to the io thread and must outlive a task under way: wait() first.
/// Without a lane the task runs at once, on the io thread.
class LaneCall {
  public:
    explicit LaneCall(boost::asio::io_context& loop) : loop_(loop), finished_(loop) {}

    /// Queues new work; false when the lane is full.
    bool try_start(Lane* lane, const std::function<void()>& task) {
        if (lane == nullptr) return run_here(task);
        begin();
        if (lane->try_post(wrap(task))) return true;
        busy_ = false;
        return false;
    }
    /// Queues the continuation of admitted work.
    void start(Lane* lane, const std::function<void()>& task) {
        if (lane == nullptr) {
            run_here(task);
            return;
        }
        begin();
        lane->post_admitted(wrap(task));
    }
    bool busy() const { return busy_; }
    boost::asio::awaitable<void> wait() {
        while (busy_)
            co_await finished_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }

  private:
    bool run_here(const std::function<void()>& task) {
        task();
        return true;
    }
    void begin() {
        busy_ = true;
        finished_.expires_at(boost::asio::steady_timer::time_point::max());
    }
    std::function<void()> wrap(const std::function<void()>& task) {
        return [this, task] {
            task();
            boost::asio::post(loop_, [this] {
                busy_ = false;
                finished_.cancel();
            });
        };
    }

    boost::asio::io_context& loop_;
    boost::asio::steady_timer finished_;  ///< never expires: cancelled to wake the coroutine
    bool busy_ = false;
};

}  // namespace isocenter::net

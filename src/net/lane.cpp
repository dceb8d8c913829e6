#include "net/lane.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace isocenter::net {

struct Lane::State {
    State(std::string lane_name, Limits lane_limits, Metrics& metrics)
        : name(std::move(lane_name)),
          limits(lane_limits),
          queued(metrics.gauge("isocenter_lane_queued", "Tasks that wait for a thread of the lane.")
                     .Add({{"lane", name}})),
          refused(metrics.counter("isocenter_lane_refused_total", "Tasks refused because the queue was full.")
                      .Add({{"lane", name}})) {}

    bool push(std::function<void()>&& task, bool admitted) {
        {
            const std::lock_guard lock(mutex);
            if (!admitted && waiting_new >= limits.queue) {
                refused.Increment();
                return false;
            }
            if (!admitted) ++waiting_new;
            tasks.push_back({std::move(task), !admitted});
            queued.Set(static_cast<double>(tasks.size()));
        }
        wake.notify_one();
        return true;
    }

    void work() {
        std::unique_lock lock(mutex);
        for (;;) {
            wake.wait(lock, [this] { return closing || !tasks.empty(); });
            if (tasks.empty()) return;
            Task task = std::move(tasks.front());
            tasks.pop_front();
            if (task.is_new) --waiting_new;
            queued.Set(static_cast<double>(tasks.size()));
            lock.unlock();
            task.run();
            task.run = nullptr;  // what the task holds is released outside the lock
            lock.lock();
        }
    }

    struct Task {
        std::function<void()> run;
        bool is_new = true;
    };

    const std::string name;
    const Limits limits;
    prometheus::Gauge& queued;
    prometheus::Counter& refused;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Task> tasks;
    std::size_t waiting_new = 0;  ///< continuations do not count against the limit
    bool closing = false;
    std::vector<std::thread> threads;
};

Lane::Lane(std::string name, Limits limits, Metrics& metrics)
    : state_(std::make_unique<State>(std::move(name), limits, metrics)) {
    for (std::size_t i = 0; i < std::max<std::size_t>(limits.threads, 1); ++i)
        state_->threads.emplace_back([state = state_.get()] { state->work(); });
}

Lane::~Lane() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->closing = true;
    }
    state_->wake.notify_all();
    for (std::thread& thread : state_->threads)
        thread.join();
}

bool Lane::try_post(std::function<void()> task) {
    return state_->push(std::move(task), false);
}

void Lane::post_admitted(std::function<void()> task) {
    state_->push(std::move(task), true);
}

const std::string& Lane::name() const {
    return state_->name;
}

std::size_t Lane::queued() const {
    const std::lock_guard lock(state_->mutex);
    return state_->tasks.size();
}

}  // namespace isocenter::net

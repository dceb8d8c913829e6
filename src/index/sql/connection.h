#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"

namespace isocenter::index::sql {

/// A prepared statement with `?` parameters counted from 1 and columns counted from 0. What a column returns
/// is valid until the next step or reset.
class Statement {
  public:
    virtual ~Statement() = default;
    virtual void bind(int parameter, std::int64_t value) = 0;
    virtual void bind(int parameter, double value) = 0;
    virtual void bind(int parameter, std::string_view text) = 0;
    virtual void bind_blob(int parameter, std::string_view bytes) = 0;
    virtual void bind_null(int parameter) = 0;
    /// True: a row is there; false: done.
    virtual Result<bool> step() = 0;
    /// Makes it ready for new values.
    virtual void reset() = 0;

    virtual bool is_null(int column) const = 0;
    virtual std::int64_t integer(int column) const = 0;
    virtual std::string_view text(int column) const = 0;
    virtual std::string_view blob(int column) const = 0;
};

/// One connection; used by one thread at a time.
class Connection {
  public:
    virtual ~Connection() = default;
    /// Prepared once and kept; owned by the connection. Statements may call `fits_words(wanted, stored)`:
    /// dicom::fits_words of words joined by '^', 1 or 0.
    virtual Result<std::shared_ptr<Statement>> prepare(std::string_view sql) = 0;
    /// Runs statements without parameters.
    virtual Status execute(std::string_view script) = 0;
    /// Rows that the last statement changed.
    virtual std::int64_t changed() const = 0;
};

/// One run of a statement: values in order, then rows. A failure to prepare or bind shows at next() or run().
class Run {
  public:
    Run(Connection& connection, std::string_view sql);
    ~Run();
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    Run& bind(std::int64_t value);
    Run& bind(int value) { return bind(std::int64_t{value}); }
    Run& bind(std::uint64_t value) { return bind(static_cast<std::int64_t>(value)); }
    Run& bind(double value);
    Run& bind(std::string_view text);
    Run& bind(const std::string& text) { return bind(std::string_view(text)); }
    Run& bind(const char* text) { return bind(std::string_view(text)); }
    Run& bind_blob(std::string_view bytes);
    Run& bind_null();
    /// NULL when empty.
    Run& bind_or_null(std::string_view text);

    Result<bool> next();
    /// For statements without rows: runs to the end.
    Status run();

    bool is_null(int column) const { return statement_->is_null(column); }
    std::int64_t integer(int column) const { return statement_->integer(column); }
    std::uint64_t count(int column) const { return static_cast<std::uint64_t>(statement_->integer(column)); }
    std::string_view text(int column) const { return statement_->text(column); }
    std::string string(int column) const { return std::string(statement_->text(column)); }
    std::string_view blob(int column) const { return statement_->blob(column); }

  private:
    std::shared_ptr<Statement> statement_;
    std::optional<Error> error_;
    int bound_ = 0;
};

/// A transaction; rolled back when destroyed before commit.
class Transaction {
  public:
    enum class Kind { read, write };
    static Result<std::unique_ptr<Transaction>> begin(Connection& connection, Kind kind);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    /// After it returns success a write is durable.
    Status commit();

  private:
    explicit Transaction(Connection& connection) : connection_(connection) {}
    Connection& connection_;
    bool open_ = true;
};

/// A connection given back when destroyed.
using Lease = std::unique_ptr<Connection, std::function<void(Connection*)>>;

/// Where connections come from. Thread-safe.
class ConnectionSource {
  public:
    virtual ~ConnectionSource() = default;
    /// Waits for a free one.
    virtual Result<Lease> reader() = 0;
    /// At most one at a time.
    virtual Result<Lease> writer() = 0;
    /// The same without waiting; nothing while it is in use.
    virtual std::optional<Lease> try_writer() = 0;
    /// Returns once a writer that was in use has been given back.
    virtual void wait_for_writer() = 0;
    /// Runs `work`, one transaction that makes room in the end, on the writer. When the disk has no room for
    /// it, what is kept for this is given up and it is run once more.
    virtual Status write_with_reserve(const std::function<Status(Connection&)>& work) {
        ISO_TRY(const Lease connection, writer());
        return work(*connection);
    }
};

}  // namespace isocenter::index::sql

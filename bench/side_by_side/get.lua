-- Load driver for wrk: GETs the same URL; prints one line for the caller to read.
function init(args)
  wrk.headers["Accept"] = args[1]
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT requests=%d seconds=%.3f p50_ms=%.3f bytes=%d closed=%d failed=%d\n", summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1e3, summary.bytes, errors.read,
    errors.status + errors.connect + errors.write + errors.timeout))
end

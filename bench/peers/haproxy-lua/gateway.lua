-- The job of ../lua/job.lua in HAProxy: an action for requests, whose body is buffered, and a filter for responses. The head is
-- gone when the body is whole, so its length is not told, and a body that cannot be read does not change the status.
local job = require("job")

core.register_action("validate", { "http-req" }, function(txn)
  local refusal = job.refusal(txn.sf:req_hdr("content-type"), txn.sf:req_body())
  if refusal ~= nil then
    txn:done(txn:reply({ status = refusal }))
  end
end)

local Sanitise = { id = "sanitise", flags = filter.FLT_CFG_FL_HTX }
Sanitise.__index = Sanitise

function Sanitise:new()
  return setmetatable({ chunks = nil }, Sanitise)
end

function Sanitise:http_headers(txn, message)
  if not message:is_resp() then
    return filter.CONTINUE
  end
  local types = message:get_headers()["content-type"]
  if types ~= nil and job.is_json(types[0]) then
    message:del_header("content-length")
    message:set_header("transfer-encoding", "chunked")
    self.chunks = {}
    filter.register_data_filter(self, message.channel)
  end
  return filter.CONTINUE
end

function Sanitise:http_payload(txn, message)
  local chunks = self.chunks
  chunks[#chunks + 1] = message:body() or ""
  message:remove()
  if message:eom() then
    message:append(job.cleaned(table.concat(chunks)))
  end
end

core.register_filter("sanitise", Sanitise, function(self)
  return self
end)

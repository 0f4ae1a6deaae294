-- The job of ../lua/job.lua in the phases of nginx. The head is gone when the body turns out to be no JSON, so the status
-- stays what it was; the body does not go out.
local job = require("job")
local concat = table.concat

local function policy()
  if not job.is_allowed(ngx.req.get_method(), ngx.var.uri) then
    return ngx.exit(403)
  end
end

return {
  policy = policy,

  policy_and_validate = function()
    policy()
    ngx.req.read_body()
    local refusal = job.refusal(ngx.var.content_type, ngx.req.get_body_data())
    if refusal ~= nil then
      return ngx.exit(refusal)
    end
  end,

  head = function()
    ngx.header["x-content-type-options"] = "nosniff"
    if job.is_json(ngx.header["content-type"]) then
      ngx.ctx.chunks = {}
      ngx.header["content-length"] = nil
    end
  end,

  body = function()
    local chunks = ngx.ctx.chunks
    if chunks == nil then
      return
    end
    chunks[#chunks + 1] = ngx.arg[1]
    if ngx.arg[2] then
      ngx.arg[1] = job.cleaned(concat(chunks))
    else
      ngx.arg[1] = nil
    end
  end,
}

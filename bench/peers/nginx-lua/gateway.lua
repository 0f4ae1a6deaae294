-- The job of ../lua/job.lua in the phases of nginx.
local job = require("job")
local held = require("held_body")(job.cleaned)

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

  head = held.head,
  body = held.body,
}

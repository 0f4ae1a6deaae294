-- Holds the body of a response that is JSON, and sends what `cleaned` makes of it. The head is gone when the body turns out to
-- be no JSON, so the status stays what it was; the body does not go out.
local job = require("job")
local concat = table.concat

return function(cleaned)
  return {
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
        ngx.arg[1] = cleaned(concat(chunks))
      else
        ngx.arg[1] = nil
      end
    end,
  }
end

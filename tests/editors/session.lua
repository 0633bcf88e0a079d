-- Neovim with the settings of docs/editors.md: SETTINGS is their file, PROJECT a folder whose models/a.js is racy on line 5.
dofile(os.getenv('SETTINGS'))
vim.cmd.edit(vim.fn.fnameescape(os.getenv('PROJECT') .. '/models/a.js'))
vim.cmd.setfiletype('javascript')

local function wait_for(count)
  local seen = vim.wait(30000, function() return #vim.diagnostic.get(0) == count end, 20)
  assert(seen, ('%d diagnostics, expected %d'):format(#vim.diagnostic.get(0), count))
end

wait_for(1)
local found = vim.diagnostic.get(0)[1]
assert(found.lnum == 4 and found.code == 'check-then-push' and found.source == 'pushguard', vim.inspect(found))
assert(found.message:find('\nproven: two requests at once store', 1, true), found.message)

local line = vim.api.nvim_buf_get_lines(0, 4, 5, true)[1]
local guarded = line:gsub('await', 'return'):gsub('{ _id: id }', "{ _id: id, 'messages.mergeId': { $ne: item.mergeId } }")
vim.api.nvim_buf_set_lines(0, 4, 5, true, { guarded })
wait_for(0)
vim.cmd.undo()
wait_for(1)

local client = vim.lsp.get_clients({ name = 'pushguard' })[1]
local at = { line = 4, character = 10 }
local params = {
  textDocument = vim.lsp.util.make_text_document_params(0),
  range = { start = at, ['end'] = at },
  context = { diagnostics = {} },
}
local position = { textDocument = params.textDocument, position = at }
local shown = client:request_sync('textDocument/hover', position, 30000, 0).result.contents
assert(shown.kind == 'markdown' and shown.value:find('^Proven:\n\n```text\n  before: '), vim.inspect(shown))

local answer = client:request_sync('textDocument/codeAction', params, 30000, 0)
local action = answer.result[#answer.result]
assert(action.title:find('^Suppress check%-then%-push'), vim.inspect(answer))
vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
local comment = vim.api.nvim_buf_get_lines(0, 4, 5, true)[1]
assert(comment == '  // pushguard-ignore-next-line check-then-push -- <reason>', comment)
vim.cmd('qall!')

"""A session of pytest-lsp's client, which checks every message against the types of the protocol.

PUSHGUARD names the binary, PROJECT a folder whose models/a.js is racy on line 5.
"""

import os
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

PROJECT = Path(os.environ["PROJECT"])
FILE = PROJECT / "models" / "a.js"


@pytest_lsp.fixture(
    params=["neovim", "visual-studio-code", "emacs"],
    config=ClientServerConfig(server_command=[os.environ["PUSHGUARD"], "lsp"]),
)
async def client(request, lsp_client: LanguageClient):
    @lsp_client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams):
        assert [each.method for each in params.registrations] == ["workspace/didChangeWatchedFiles"]

    await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=client_capabilities(request.param),
            workspace_folders=[types.WorkspaceFolder(uri=PROJECT.as_uri(), name="project")],
        )
    )
    yield
    await lsp_client.shutdown_session()


@pytest.mark.asyncio
async def test_a_racy_document_is_told_explained_and_mended(client: LanguageClient):
    text = FILE.read_text()
    document = types.TextDocumentIdentifier(uri=FILE.as_uri())
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(
            text_document=types.TextDocumentItem(
                uri=document.uri, language_id="javascript", version=1, text=text
            )
        )
    )
    position = types.Position(line=4, character=20)
    hover = await client.text_document_hover_async(types.HoverParams(document, position))
    assert hover.contents.value.startswith("Proven:") and "# check-then-push" in hover.contents.value
    (diagnostic,) = client.diagnostics[document.uri]
    assert (diagnostic.code, diagnostic.source, diagnostic.range.start.line) == ("check-then-push", "pushguard", 4)
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(
            document, diagnostic.range, types.CodeActionContext(diagnostics=[diagnostic])
        )
    )
    assert any(action.title.startswith("Suppress check-then-push") for action in actions)
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(version=2, uri=document.uri),
            [types.TextDocumentContentChangeWholeDocument(text=text.replace("$push", "$pull"))],
        )
    )
    assert await client.text_document_hover_async(types.HoverParams(document, position)) is None
    assert list(client.diagnostics[document.uri]) == []

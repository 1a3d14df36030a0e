package io.reconciler.zuul;

import com.netflix.zuul.filters.http.HttpSyncEndpoint;
import com.netflix.zuul.message.ZuulMessage;
import io.netty.handler.codec.http.HttpContent;

/** An answer of the edge's own. It comes when the request is read to its end; the body that nobody wants is not kept. */
abstract class OwnAnswer extends HttpSyncEndpoint {
    @Override
    public HttpContent processContentChunk(ZuulMessage message, HttpContent chunk) {
        super.processContentChunk(message, chunk);
        chunk.release();
        return null;
    }
}

package io.reconciler.zuul;

import com.netflix.zuul.Filter;
import com.netflix.zuul.context.CommonContextKeys;
import com.netflix.zuul.filters.FilterType;
import com.netflix.zuul.filters.endpoint.ProxyEndpoint;
import com.netflix.zuul.filters.http.HttpInboundSyncFilter;
import com.netflix.zuul.message.http.HttpQueryParams;
import com.netflix.zuul.message.http.HttpRequestMessage;
import io.netty.handler.codec.http.HttpRequest;

/** Everything goes to the web tier, unchanged, except /healthcheck, which is our own. */
@Filter(order = 10, type = FilterType.INBOUND)
public final class Route extends HttpInboundSyncFilter {
    @Override
    public HttpRequestMessage apply(HttpRequestMessage request) {
        var session = request.getContext();
        if (request.getPath().equals("/healthcheck")) {
            session.setEndpoint(Health.class.getName());
        } else {
            session.setEndpoint(ProxyEndpoint.class.getCanonicalName());
            session.setRouteVIP(WebOrigin.NAME);
            keepQuery(request);
        }
        return request;
    }

    /** Zuul takes the query apart and writes it anew, a space as "+" and not as "%20": here it stays as it came. */
    private static void keepQuery(HttpRequestMessage request) {
        var received = (HttpRequest) request.getContext().get(CommonContextKeys.NETTY_HTTP_REQUEST);
        int start = received.uri().indexOf('?');
        if (start >= 0) {
            request.setPath(request.getPath() + received.uri().substring(start));
            request.setQueryParams(new HttpQueryParams());
        }
    }

    /** Zuul never repeats a request that it has passed on as it came, so what may be repeated is taken in first. */
    @Override
    public boolean needsBodyBuffered(HttpRequestMessage request) {
        return Repeat.allowed(request);
    }

    @Override
    public int filterOrder() {
        return 10;
    }

    @Override
    public boolean shouldFilter(HttpRequestMessage request) {
        return true;
    }
}

package io.reconciler.zuul;

import com.netflix.zuul.context.SessionContext;
import com.netflix.zuul.origins.OriginManager;
import com.netflix.zuul.origins.OriginName;

/** Zuul can have many origins; the site has one. */
final class OneOrigin implements OriginManager<WebOrigin> {
    private final WebOrigin web;

    OneOrigin(WebOrigin web) {
        this.web = web;
    }

    @Override
    public WebOrigin getOrigin(OriginName name, String uri, SessionContext session) {
        return web;
    }

    @Override
    public WebOrigin createOrigin(OriginName name, String uri, SessionContext session) {
        return web;
    }
}

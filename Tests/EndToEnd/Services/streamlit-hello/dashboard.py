import streamlit as st

import series

st.title("Tides")
st.line_chart(series.HEIGHTS)

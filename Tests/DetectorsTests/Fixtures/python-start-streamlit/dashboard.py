import streamlit as st

import charts

st.title(charts.TITLE)
